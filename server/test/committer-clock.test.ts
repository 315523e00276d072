import { afterEach, beforeAll, expect, test, vi } from "vitest";
import type { Caller } from "../src/domain/caller.ts";
import { request, startCommitter, wordOf } from "./harness/committer.ts";
import { useTestDatabase } from "./harness/database.ts";
import { makeConversation, makeUser } from "./harness/rows.ts";

const store = useTestDatabase();
let ada: Caller;

beforeAll(async () => {
  ada = await makeUser(store.database);
});
afterEach(() => void vi.restoreAllMocks());

const DAY_MS = 86_400_000;
const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

test.each([DAY_MS, -DAY_MS])(
  "a clock that jumps by %d ms and back makes no send wait, nor refuses one",
  async (jump) => {
    const id = await makeConversation(store.database, { members: [ada] });
    await using committer = startCommitter(store.database, { lanes: 1 });
    const holder = await store.database.connect();
    await holder.execute({ text: "BEGIN" });
    await holder.query({ text: "SELECT FROM conversation_heads WHERE conversation_id = $1 FOR UPDATE", values: [id] });
    const sent = committer.send(request(ada, id));
    await wait(20);
    const clock = Date.now;
    const shifted = vi.spyOn(Date, "now").mockImplementation(() => clock() + jump);
    // Tried again meanwhile, and found locked again.
    await wait(60);
    shifted.mockRestore();
    await holder.execute({ text: "ROLLBACK" });
    await holder.close();
    expect(wordOf(await sent)).toBe("sent");
  },
);
