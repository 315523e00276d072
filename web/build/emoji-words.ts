import type { Plugin } from "vite";

const MODULE = /\/src\/emoji\/words-(\w+)\.ts$/;
const LISTS: Readonly<Record<string, () => Promise<{ readonly WORDS: readonly string[] }>>> = {
  de: () => import("../src/emoji/words-de.ts"),
};

/** Of what emoji are called in a language, the app gets the list alone, not the data that it is made of. */
export function emojiWords(): Plugin {
  return {
    name: "parley-emoji-words",
    apply: "build",
    async transform(_code, id) {
      const list = LISTS[MODULE.exec(id)?.[1] ?? ""];
      if (!list) return undefined;
      const { WORDS } = await list();
      return { code: `export const WORDS = ${JSON.stringify(WORDS.join("\n"))}.split("\\n");`, map: null };
    },
  };
}
