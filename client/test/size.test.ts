import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { expect, test } from "vitest";

const LIMIT = 15 * 1_024;

test("the SDK has at most 15 kB, minified and compressed, and brings nothing along", async () => {
  const bundle = await rolldown({
    input: fileURLToPath(new URL("../src/mod.ts", import.meta.url)),
    platform: "browser",
  });
  const { output } = await bundle.generate({ format: "esm", minify: true });
  await bundle.close();
  const [{ code, imports, moduleIds }] = output;
  expect(imports).toEqual([]);
  expect(moduleIds.filter((id) => !id.includes("/client/src/"))).toEqual([]);
  expect(gzipSync(code).length).toBeLessThanOrEqual(LIMIT);
});
