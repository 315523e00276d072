import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { bundleOf } from "./bundle.ts";

const SOURCE = fileURLToPath(new URL("../widget/main.ts", import.meta.url));

/** Builds what other pages take into themselves: `/widget.js`, one file at an address that stays. */
export function widget(): Plugin {
  let outDir = "";
  return {
    name: "parley-widget",
    apply: "build",
    configResolved(config) {
      outDir = join(config.root, config.build.outDir);
    },
    writeBundle: {
      sequential: true,
      async handler() {
        writeFileSync(join(outDir, "widget.js"), await bundleOf(SOURCE));
      },
    },
  };
}
