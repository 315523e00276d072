import { build } from "vite";
import { CLIENT_SOURCES } from "./aliases.ts";

/** A script that stands for itself, in one file: it imports nothing, and exports nothing. */
export async function bundleOf(entry: string, define: Readonly<Record<string, string>> = {}): Promise<string> {
  const result = await build({
    configFile: false,
    publicDir: false,
    logLevel: "warn",
    define: { ...define },
    resolve: { alias: CLIENT_SOURCES },
    build: {
      write: false,
      target: "es2022",
      lib: { entry, formats: ["iife"], name: "script", fileName: () => "script.js" },
    },
  });
  const outputs = [result].flat().flatMap((built) => ("output" in built ? built.output : []));
  const [chunk] = outputs;
  if (outputs.length !== 1 || chunk?.type !== "chunk") throw new Error(`${entry} is more than one script.`);
  return chunk.code;
}
