import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { bundleOf } from "./bundle.ts";

const SOURCE = fileURLToPath(new URL("../worker/worker.ts", import.meta.url));
/** Not for the app: what the build keeps for itself, and what is for other pages. */
const OTHERS = /^\.|\.map$|^widget\.js/;
/** What few need, kept when it is used: words of a language, colours of code. The worker knows them by this path. */
const WHEN_USED = "assets/used/";

/** Where a chunk of the app is put, by the module that it is made for. */
export function chunkPath(moduleId: string | null): string {
  const isForFew = /\/highlight\.js\/(?:es|lib)\/languages\/|\/src\/emoji\/words-/.test(moduleId ?? "");
  return `${isForFew ? WHEN_USED : "assets/"}[name]-[hash].js`;
}

/**
 * Builds the service worker, `/sw.js`, which has in it what it keeps on the device: the path and the hash of every file
 * of the app but those that few need. So it changes when any of them does, and browsers see by it alone that there is a new version.
 */
export function worker(): Plugin {
  let outDir = "";
  return {
    name: "parley-worker",
    apply: "build",
    configResolved(config) {
      outDir = join(config.root, config.build.outDir);
    },
    writeBundle: {
      // The files as they were written: others change them until then.
      order: "post",
      sequential: true,
      async handler() {
        const files = filesIn(outDir)
          .filter((name) => !OTHERS.test(name) && !name.startsWith(WHEN_USED))
          .sort()
          .map((name) => [name === "index.html" ? "/" : `/${name}`, integrityOf(readFileSync(join(outDir, name)))]);
        const version = createHash("sha256").update(JSON.stringify(files)).digest("base64url").slice(0, 12);
        const code = await bundleOf(SOURCE, { __SHELL__: JSON.stringify({ version, files }) });
        writeFileSync(join(outDir, "sw.js"), code);
      },
    },
  };
}

function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(directory, "/").length).replaceAll("\\", "/"));
}

function integrityOf(content: Uint8Array): string {
  return `sha256-${createHash("sha256").update(content).digest("base64")}`;
}
