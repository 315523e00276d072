import { expect, test } from "vitest";
import type { UserId } from "../domain/ids.ts";
import type { Reader } from "../store/database.ts";
import type { UserRow } from "../store/users.ts";
import { createUserCache } from "./user-cache.ts";

const ADA = "ada" as UserId;
const GRACE = "grace" as UserId;

/** A store of users by id, whose answers can be held back. */
function fakeStore(names: Record<string, string>) {
  const asked: string[][] = [];
  let gate = Promise.resolve();
  const db: Reader = {
    async query<R>({ values }: { values?: readonly unknown[] }): Promise<R[]> {
      const ids = values?.[0] as string[];
      asked.push([...ids]);
      const rows = ids.flatMap((id) => (names[id] === undefined ? [] : [{ id, display_name: names[id] }]));
      await gate;
      return rows as R[];
    },
  };
  const hold = (): (() => void) => {
    let letGo = (): void => undefined;
    gate = new Promise((resolve) => (letGo = resolve));
    return () => letGo();
  };
  return { db, asked, names, hold };
}

function setUp() {
  const store = fakeStore({ [ADA]: "Ada", [GRACE]: "Grace" });
  const clock = { now: 0 };
  return { ...store, clock, cache: createUserCache({ db: store.db, now: () => clock.now }) };
}

const nameOf = (row: UserRow | undefined): string | undefined => row?.displayName;
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

test("what is asked for at the same time is one statement, and each user is in it once", async () => {
  const { cache, asked } = setUp();
  const [ada, both] = await Promise.all([cache.get(ADA), cache.many([ADA, GRACE, "nobody" as UserId])]);
  expect(nameOf(ada)).toBe("Ada");
  expect([...both.keys()]).toEqual([ADA, GRACE]);
  expect(asked).toEqual([[ADA, GRACE, "nobody"]]);
});

test("a row is used for five seconds; somebody who is active never waits for it", async () => {
  const { cache, asked, clock, names } = setUp();
  await cache.get(ADA);
  clock.now = 1_999;
  expect(nameOf(cache.peek(ADA))).toBe("Ada");
  expect(asked).toHaveLength(1);

  names[ADA] = "Ada King";
  clock.now = 2_000;
  expect(nameOf(cache.peek(ADA))).toBe("Ada");
  await settled();
  expect(nameOf(cache.peek(ADA))).toBe("Ada King");

  clock.now = 7_000;
  expect(cache.peek(ADA)).toBeUndefined();
});

test("a reading that began before a write never hides it", async () => {
  const { cache, hold } = setUp();
  const letGo = hold();
  const before = cache.get(ADA);
  await settled();
  cache.put({ id: ADA, displayName: "Ada King" } as UserRow);
  letGo();
  expect(nameOf(await before)).toBe("Ada King");
  expect(nameOf(cache.peek(ADA))).toBe("Ada King");
});

test("who is forgotten is read anew, also while a reading runs", async () => {
  const { cache, hold, names, asked } = setUp();
  const letGo = hold();
  const before = cache.get(ADA);
  await settled();
  names[ADA] = "Ada King";
  cache.forget(ADA);
  letGo();
  await before;
  expect(nameOf(await cache.get(ADA))).toBe("Ada King");
  expect(asked).toHaveLength(2);
});
