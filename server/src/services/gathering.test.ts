import { expect, test } from "vitest";
import { Gathering } from "./gathering.ts";

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

/** Doubles numbers, in batches that are held until they are let go. */
function setUp({ width = 1, maxWeight = 3, maxWaiting = 10 } = {}) {
  const batches: number[][] = [];
  const held: (() => void)[] = [];
  const gathering = new Gathering<number, number>({
    width,
    maxWeight,
    maxWaiting,
    weigh: (ask) => ask,
    async serve(asks) {
      batches.push([...asks]);
      await new Promise<void>((resolve) => held.push(resolve));
      if (asks.includes(13)) throw new Error("unlucky");
      return asks.map((ask) => ask * 2);
    },
  });
  const letGo = async (): Promise<void> => {
    for (const release of held.splice(0)) release();
    await settled();
  };
  return { gathering, batches, letGo };
}

test("what is asked in one turn, and while others are served, is served together", async () => {
  const { gathering, batches, letGo } = setUp();
  const first = Promise.all([gathering.ask(1), gathering.ask(2)]);
  await settled();
  const second = Promise.all([gathering.ask(1), gathering.ask(1), gathering.ask(2)]);
  await settled();
  expect(batches).toEqual([[1, 2]]);
  await letGo();
  expect(await first).toEqual([2, 4]);
  expect(batches).toEqual([
    [1, 2],
    [1, 1],
  ]);
  await letGo();
  await letGo();
  expect(await second).toEqual([2, 2, 4]);
});

test("a heavy ask goes alone, and so many servings run at once", async () => {
  const { gathering, batches, letGo } = setUp({ width: 2 });
  const answers = Promise.all([gathering.ask(9), gathering.ask(1), gathering.ask(8)]);
  await settled();
  expect(batches).toEqual([[9], [1]]);
  await letGo();
  await letGo();
  expect(await answers).toEqual([18, 2, 16]);
});

test("a failure is that of its batch alone, and a full line refuses", async () => {
  const { gathering, letGo } = setUp({ maxWaiting: 2 });
  const outcomes = [13, 2, 5].map((ask) =>
    gathering.ask(ask).catch((error: unknown) => (error as { code?: string }).code ?? (error as Error).message),
  );
  await settled();
  await letGo();
  await letGo();
  expect(await Promise.all(outcomes)).toEqual(["unlucky", 4, "overloaded"]);
});
