import { expect, test } from "vitest";
import { Gate } from "./gate.ts";

test("so many run at once, the others in their order, and what is too much is refused", async () => {
  const gate = new Gate({ width: 2, maxWaiting: 3 });
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const run = (n: number) =>
    gate.run(async () => {
      begun.push(n);
      await new Promise<void>((resolve) => ends.push(resolve));
      return n;
    });
  const runs = [1, 2, 3, 4, 5].map(run);
  await Promise.resolve();
  expect(begun).toEqual([1, 2]);
  expect(gate.waiting).toBe(3);
  await expect(run(6)).rejects.toMatchObject({ code: "overloaded" });
  for (let n = 0; n < 5; n += 1) {
    ends[n]?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(begun).toEqual([1, 2, 3, 4, 5]);
  expect(await Promise.all(runs)).toEqual([1, 2, 3, 4, 5]);
});

test("a task that fails gives its place up", async () => {
  const gate = new Gate({ width: 1 });
  await expect(gate.run(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await gate.run(() => Promise.resolve("yes"))).toBe("yes");
});
