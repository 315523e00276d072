import { baseCompile } from "@intlify/message-compiler";
import type { Plugin } from "vite";

const TEXTS = /\/locales\/\w+\/\w+\.json$/;
const I18N = /\/vue-i18n\/dist\/vue-i18n\.mjs$/;

/** It looks for an export by name, which keeps all of Vue in the bundle; Vue 3 has the other one. */
const LOOKS_FOR_EXPORT =
  /const key = 'currentInstance';\s+if \(key in Vue\) \{\s+return Vue\[key\];\s+\}\s+else \{\s+(return Vue\.getCurrentInstance\(\);)\s+\}/;

/** Makes the first load a third smaller: texts are compiled here, so that their compiler stays away, and of Vue comes what is used. */
export function lean(): Plugin {
  return {
    name: "parley-lean",
    apply: "build",
    enforce: "pre",
    config: () => ({ define: { __INTLIFY_DROP_MESSAGE_COMPILER__: "true" } }),
    transform(code, id) {
      const path = id.split("?")[0] ?? id;
      if (TEXTS.test(path)) return { code: compiled(JSON.parse(code) as Record<string, string>), map: null };
      if (!I18N.test(path)) return undefined;
      if (!LOOKS_FOR_EXPORT.test(code)) this.error("vue-i18n has changed: see whether it still keeps all of Vue");
      return { code: code.replace(LOOKS_FOR_EXPORT, "$1"), map: null };
    },
  };
}

function compiled(texts: Readonly<Record<string, string>>): string {
  const trees = Object.entries(texts).map(([key, text]) => [
    key,
    baseCompile(text, { jit: true, minify: true, optimize: true }).ast,
  ]);
  return JSON.stringify(Object.fromEntries(trees), withoutPlaces);
}

/** Where something stood in its source interests the compiler alone, and of what is one text, its parts nobody. */
function withoutPlaces(this: unknown, key: string, value: unknown): unknown {
  if (["start", "end", "loc"].includes(key)) return undefined;
  return key === "i" && typeof (this as { s?: unknown }).s === "string" ? undefined : value;
}
