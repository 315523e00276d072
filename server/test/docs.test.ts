import { existsSync, readdirSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { endpoints, type Endpoint } from "@parley/protocol";
import { describe, expect, test } from "vitest";
import { readConfig } from "../src/config/config.ts";
import { readEnvironment, type Environment } from "../src/config/env.ts";
import { readSecrets } from "../src/config/secrets.ts";
import { readEpoch } from "../src/store/instance.ts";
import { createMetrics } from "../src/telemetry/metrics.ts";
import { useTestDatabase } from "./harness/database.ts";
import {
  anchorsIn,
  codeSpansIn,
  documentationFiles,
  linksIn,
  readMarkdown,
  ROOT,
  type MarkdownFile,
} from "./harness/markdown.ts";

const files = documentationFiles().map(readMarkdown);
const fileAt = new Map(files.map((file) => [file.path, file]));

function fileNamed(path: string): MarkdownFile {
  const file = fileAt.get(path);
  if (!file) throw new Error(`there is no ${path}`);
  return file;
}

describe.each(files.map((file) => [file.path, file] as const))("%s", (path, file) => {
  test("links to what is there", () => {
    const broken = linksIn(file).filter((target) => {
      if (/^(https?|mailto):/.test(target)) return false;
      const [place = "", anchor] = target.split("#");
      const named = place === "" ? path : normalize(join(dirname(path), place));
      if (!existsSync(join(ROOT, named))) return true;
      return anchor !== undefined && !anchorsIn(fileAt.get(named) ?? file).has(anchor);
    });
    expect(broken).toEqual([]);
  });

  test("names files that are there", () => {
    const named = codeSpansIn(file).filter((text) => /^(server|protocol|scripts|docs|\.ci)\/[\w./-]+$/.test(text));
    expect(named.filter((text) => !existsSync(join(ROOT, text)))).toEqual([]);
  });

  test("names operations that are there", () => {
    const named = codeSpansIn(file).flatMap((text) => /^(GET|POST|PUT|PATCH|DELETE) ([/…][^\s?]*)/.exec(text) ?? []);
    const unknown: string[] = [];
    for (let index = 0; index < named.length; index += 3) {
      const [text = "", method = "", place = ""] = named.slice(index, index + 3);
      if (!isOperation(method, place)) unknown.push(text);
    }
    expect(unknown).toEqual([]);
  });
});

/** `…/archive` stands for any address that ends so. */
function isOperation(method: string, place: string): boolean {
  const shape = (address: string): string => address.replaceAll(/:\w+|\{\w+\}/g, "*");
  const wanted = shape(place);
  return Object.values<Endpoint>(endpoints).some((endpoint) => {
    if (endpoint.method !== method) return false;
    const address = shape(endpoint.path);
    return wanted.startsWith("…") ? address.endsWith(wanted.slice(1)) : matches(address, wanted);
  });
}

/** An id in an example stands for a parameter. */
function matches(address: string, example: string): boolean {
  const [parts, given] = [address.split("/"), example.split("/")];
  return parts.length === given.length && parts.every((part, index) => part === "*" || part === given[index]);
}

/** The variables that are read, each with whether it may come from a file. */
function readVariables(): Map<string, boolean> {
  const real = readEnvironment({});
  const read = new Map<string, boolean>();
  const note = (name: string, isSecret = false): void => void read.set(name, isSecret || (read.get(name) ?? false));
  const environment: Environment = {
    ...real,
    read: (name, parse, fallback) => (note(name), real.read(name, parse, fallback)),
    secret: (name, parse) => (note(name, true), real.secret(name, parse)),
    has: (name) => (note(name), real.has(name)),
  };
  readConfig(environment);
  readSecrets(environment);
  return read;
}

describe("configuration.md", () => {
  const variables = readVariables();

  test("has every variable that is read, and says which are secrets", () => {
    const rows = fileNamed("docs/reference/configuration.md")
      .prose.split("\n")
      .filter((line) => line.startsWith("| `"));
    const documented = rows.flatMap((row) => {
      const [, names = ""] = row.split("|");
      return [...names.matchAll(/`(\w+)`/g)].map(([, name = ""]) => [name, names.includes("(secret)")] as const);
    });
    // Read only to be refused.
    const expected = [...variables].filter(([name]) => name !== "NATS_URL");
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(expected));
  });

  test("is not contradicted: no text names a variable that nobody reads", () => {
    const known = new Set([
      ...OF_THE_TESTS,
      ...[...variables].flatMap(([name, isSecret]) => (isSecret ? [name, `${name}_FILE`] : [name])),
    ]);
    const unknown = files.flatMap(({ path, prose, blocks }) => {
      const named = [prose, ...blocks.map(({ code }) => code)]
        .join("\n")
        .matchAll(/\b(?:PARLEY_[A-Z_]*[A-Z]|DATABASE_URL\w*|NATS_URL)\b(?!…)/g);
      return [...named]
        .filter(([name]) => !known.has(name) && !isBeginning(name, known))
        .map(([name]) => `${path}: ${name}`);
    });
    expect(unknown).toEqual([]);
  });
});

/** Read by the tests themselves. */
const OF_THE_TESTS = [
  "PARLEY_TEST_DATABASE_URL",
  "PARLEY_ALL_PLANTED_BUGS",
  "PARLEY_TEST_SCREENSHOTS",
  "PARLEY_TEST_CHROMIUM",
];

/** `PARLEY_JWT_…` is short for all that begin so. */
function isBeginning(text: string, names: ReadonlySet<string>): boolean {
  return text.endsWith("_") && [...names].some((name) => name.startsWith(text));
}

test("operating.md has every metric", async () => {
  const metrics = await createMetrics().registry.getMetricsAsJSON();
  const named = codeSpansIn(fileNamed("docs/guides/operating.md"));
  const documented = named.flatMap((text) => /^parley_\w+/.exec(text) ?? []);
  const own = metrics.map(({ name }) => name).filter((name) => name.startsWith("parley_"));
  expect([...new Set(documented)].toSorted()).toEqual(own.toSorted());
});

test("the index of decisions has each of them", () => {
  const pages = readdirSync(join(ROOT, "docs/decisions")).filter((name) => /^\d/.test(name));
  expect(linksIn(fileNamed("docs/decisions/README.md"))).toEqual(pages.toSorted());
});

test("the glossary explains each word once", () => {
  const rows = fileNamed("docs/glossary.md")
    .prose.split("\n")
    .filter((line) => line.startsWith("| **"));
  const words = rows.flatMap((row) =>
    [...(row.split("|")[1] ?? "").matchAll(/\*\*([^*]+)\*\*/g)].map(([, word]) => word),
  );
  expect(words.filter((word, index) => words.indexOf(word) !== index)).toEqual([]);
});

describe("the SQL of operating.md", () => {
  const store = useTestDatabase();
  const statements = (info: string): string => {
    const block = fileNamed("docs/guides/operating.md").blocks.find(
      (candidate) => candidate.language === "sql" && candidate.info === info,
    );
    if (!block) throw new Error(`there is no block sql ${info}`);
    return block.code;
  };
  const run = async (text: string): Promise<void> => {
    await using connection = await store.database.connect();
    await connection.execute({ text });
  };

  test("makes a new epoch", async () => {
    const before = await readEpoch(store.database);
    await run(statements("epoch"));
    expect(await readEpoch(store.database)).not.toBe(before);
  });
});
