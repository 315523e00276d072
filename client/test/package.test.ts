import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const at = (path: string): URL => new URL(`../${path}`, import.meta.url);
const described = JSON.parse(readFileSync(at("package.json"), "utf8")) as {
  readonly exports: Readonly<Record<string, { readonly types: string; readonly default: string }>>;
  readonly files: readonly string[];
  readonly dependencies: Readonly<Record<string, string>>;
};

test("what the package exports is built from a source, and needs nothing at run time", () => {
  for (const { types, default: code } of Object.values(described.exports)) {
    expect(types).toBe(code.replace(/js$/, "d.ts"));
    expect(existsSync(at(code.replace("./dist/", "src/").replace(/js$/, "ts")))).toBe(true);
  }
  // For its types alone (size.test.ts).
  expect(Object.keys(described.dependencies)).toEqual(["@parley/protocol"]);
  expect(described.files).toEqual(["dist", "src", "!dist/.tsbuildinfo", "!src/**/*.test.ts"]);
});
