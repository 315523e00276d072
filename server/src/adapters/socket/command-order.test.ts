import { expect, test } from "vitest";
import { CommandOrder } from "./command-order.ts";
import type { ReplyBody } from "./replies.ts";

/** Commands that are done when the test says so. */
function setup() {
  const order = new CommandOrder();
  const log: string[] = [];
  const running = new Map<string, { queued: () => void; done: () => Promise<void> }>();
  return {
    log,
    /** Submits a command called by its name: "a1" and "a2" are of the key "a", upper case is pipelined. */
    submit(name: string): void {
      const key = name[0]?.toLowerCase();
      order.submit({
        key: key === "-" ? undefined : key,
        isPipelined: name[0] !== key,
        work: (queued) =>
          new Promise<ReplyBody>((resolve) => {
            log.push(`begin ${name}`);
            const done = async (): Promise<void> => {
              resolve({ type: "pong", data: { timestamp: "" } });
              await new Promise((settled) => setImmediate(settled));
            };
            running.set(name, { queued, done });
          }),
        answer: () => void log.push(`answer ${name}`),
      });
    },
    queued: (name: string) => running.get(name)?.queued(),
    done: async (name: string) => await running.get(name)?.done(),
  };
}

test("one after the other within a key, at once between keys and without one", async () => {
  const { log, submit, done } = setup();
  for (const name of ["a1", "a2", "b1", "-1", "-2"]) submit(name);
  expect(log).toEqual(["begin a1", "begin b1", "begin -1", "begin -2"]);
  await done("-2");
  await done("a1");
  expect(log.slice(4)).toEqual(["answer -2", "answer a1", "begin a2"]);
});

test("a pipelined command begins when the one before is queued, and is answered after it", async () => {
  const { log, submit, queued, done } = setup();
  for (const name of ["A1", "A2", "A3"]) submit(name);
  expect(log).toEqual(["begin A1"]);
  queued("A1");
  queued("A2");
  expect(log.slice(1)).toEqual(["begin A2", "begin A3"]);
  await done("A3");
  await done("A2");
  expect(log.slice(3)).toEqual([]);
  await done("A1");
  expect(log.slice(3)).toEqual(["answer A1", "answer A2", "answer A3"]);
});

test("what is not pipelined waits for the answers before it, and what comes after it waits too", async () => {
  const { log, submit, queued, done } = setup();
  for (const name of ["A1", "a2", "A3"]) submit(name);
  queued("A1");
  expect(log).toEqual(["begin A1"]);
  await done("A1");
  expect(log.slice(1)).toEqual(["answer A1", "begin a2"]);
  queued("a2");
  await done("a2");
  expect(log.slice(3)).toEqual(["answer a2", "begin A3"]);
});

test("one that is refused before it is queued lets the next begin", async () => {
  const { log, submit, done } = setup();
  for (const name of ["A1", "A2"]) submit(name);
  await done("A1");
  expect(log).toEqual(["begin A1", "answer A1", "begin A2"]);
});
