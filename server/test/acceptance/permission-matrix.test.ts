import { endpoints, ERRORS, problem, type Endpoint, type ErrorCode } from "@parley/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { useTestDatabase } from "../harness/database.ts";
import { startNode, type Answered, type TestNode } from "../harness/node.ts";
import { ELSEWHERE, IN_CONVERSATIONS, IN_SPACES } from "./permission-matrix.ts";
import { endpointOf, PREPARE, type Prepared } from "./permission-requests.ts";
import { PLACES, VERDICTS, type Block, type CallerName, type Use, type Verdict } from "./permission-table.ts";
import { makeAnywhere, makePlace, makeSpacePlace, type Place } from "./places.ts";

/** Asks a running service everything that permission-matrix.ts has a cell for. */
const store = useTestDatabase();
let node: TestNode;
let places: ReadonlyMap<string, Place>;

beforeAll(async () => {
  node = await startNode(store.database);
  const made = await Promise.all([
    ...PLACES.map((name) => makePlace(node, name)),
    makeSpacePlace(node),
    makeAnywhere(node),
  ]);
  places = new Map(made.map((place) => [place.name, place]));
});
afterAll(async () => {
  expect(node.faults()).toEqual([]);
  await node.close();
});

const BLOCKS: readonly Block<string>[] = [...IN_CONVERSATIONS, ...IN_SPACES, ...ELSEWHERE];

describe("the table", () => {
  test("has every endpoint of the protocol", () => {
    const asked = new Set(BLOCKS.flatMap(({ uses }) => uses.map((use) => use.split(":")[0])));
    expect(Object.keys(endpoints).filter((id) => !asked.has(id))).toEqual([]);
  });

  test("has every endpoint of a conversation or a message in every place", () => {
    const asked = new Set(IN_CONVERSATIONS.flatMap(({ uses }) => uses.map((use) => use.split(":")[0])));
    const placed = (Object.values(endpoints) as Endpoint[]).filter(({ path }) =>
      /:(?:conversation|message)_id/.test(path),
    );
    expect(placed.map(({ id }) => id).filter((id) => !asked.has(id))).toEqual([]);
  });

  test("has each use once, with a way to ask for it", () => {
    const uses = BLOCKS.flatMap((block) => block.uses);
    expect(uses.toSorted()).toEqual([...new Set(uses)].toSorted());
    expect(Object.keys(PREPARE).toSorted()).toEqual(uses.toSorted());
  });
});

describe.each(BLOCKS)("$about", ({ uses, rows }) => {
  test.each(uses)("%s", async (use) => {
    const surprises = await Promise.all([...rows].map(([row, cells]) => askAll(use, placeNamed(row), cells)));
    expect(surprises.flat()).toEqual([]);
  });
});

function placeNamed(name: string): Place {
  const place = places.get(name);
  if (!place) throw new Error(`there is no place ${name}`);
  return place;
}

/** One after the other: each has to find the place as it was. Answers what was not as the table says. */
async function askAll(use: Use, place: Place, cells: ReadonlyMap<CallerName, Verdict>): Promise<string[]> {
  const surprises: string[] = [];
  for (const [caller, verdict] of cells) {
    if (verdict === "-") continue;
    const surprise = await askOne(use, place, caller, verdict).catch(
      (error: unknown) => `could not be asked: ${String(error)}`,
    );
    if (surprise !== undefined) surprises.push(`${use} in ${place.name} by ${caller}: ${surprise}`);
  }
  return surprises;
}

async function askOne(use: Use, place: Place, caller: CallerName, verdict: Verdict): Promise<string | undefined> {
  const endpoint: Endpoint = endpointOf(use);
  const prepared = (await PREPARE[use]?.(place, caller)) ?? {};
  const answer = await node.call(place.people.get(caller), endpoint.method, pathOf(endpoint, prepared), {
    body: prepared.body,
  });
  await prepared.undo?.();
  return verdict === "ok"
    ? unexpectedRefusal(endpoint, answer)
    : unexpectedAnswer(endpoint, VERDICTS[verdict] as ErrorCode, answer);
}

function pathOf({ path }: Endpoint, { params = {}, query = {} }: Prepared): string {
  const filled = path.replaceAll(/:(\w+)/g, (_, name: string) => params[name] ?? `missing-${name}`);
  const search = new URLSearchParams(query).toString();
  return search === "" ? filled : `${filled}?${search}`;
}

function unexpectedRefusal({ responses }: Endpoint, { status, text }: Answered<unknown>): string | undefined {
  return Object.hasOwn(responses, status)
    ? undefined
    : `expected one of ${Object.keys(responses).join(", ")}, got ${status} ${text}`;
}

function unexpectedAnswer(
  endpoint: Endpoint,
  code: ErrorCode,
  { status, body, text }: Answered<unknown>,
): string | undefined {
  const read = problem.safeParse(body);
  if (!read.success) return `expected ${code}, got ${status} ${text}`;
  if (read.data.code !== code || status !== ERRORS[code].status)
    return `expected ${code}, got ${status} ${read.data.code}: ${read.data.detail}`;
  // Clients have to be able to read what may happen to them.
  return endpoint.errors.includes(code) ? undefined : `${code} is not among the documented errors of ${endpoint.id}`;
}
