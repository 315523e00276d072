import fc from "fast-check";
import { v7 as uuidv7 } from "uuid";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ParleyError } from "@parley/protocol";
import type { Caller } from "../src/domain/caller.ts";
import type { ConversationId, MessageId } from "../src/domain/ids.ts";
import type { CommittedChange } from "../src/store/changes.ts";
import { findMessages, type MessageRow } from "../src/store/messages.ts";
import { expectSound } from "./harness/committer.ts";
import { useTestDatabase } from "./harness/database.ts";
import { startMessages, type MessageServices } from "./harness/messages.ts";
import { makeConversation, makeUser } from "./harness/rows.ts";

const store = useTestDatabase();
let services: MessageServices;
let people: Caller[];

beforeAll(async () => {
  services = startMessages(store.database);
  people = await Promise.all([makeUser(store.database), makeUser(store.database), makeUser(store.database)]);
});
afterAll(() => services.close());

/** Something that somebody does to the n-th message, or to the n-th of those that are there. */
const step = fc.record({
  kind: fc.constantFrom(
    "send",
    "send",
    "reply",
    "reply",
    "again",
    "edit",
    "delete",
    "delete",
    "restore",
    "react",
    "unreact",
    "pin",
    "unpin",
  ),
  who: fc.nat(2),
  target: fc.nat(7),
  flavour: fc.nat(2),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function perform(id: ConversationId, ids: MessageId[], { kind, who, target, flavour }: Step): Promise<void> {
  const caller = people[who] as Caller;
  const messageId = ids[target % Math.max(1, ids.length)] ?? (uuidv7() as MessageId);
  const reaction = ["👍", "🎉", ":wave:"][flavour] as string;
  const send = (fields: object) =>
    services.send(caller, id, { content_type: "text", content: `text ${flavour}`, ...fields });
  switch (kind) {
    case "send":
    case "reply": {
      const own = uuidv7() as MessageId;
      await send({ id: own, ...(kind === "reply" && ids.length > 0 ? { parent_id: messageId } : {}) });
      ids.push(own);
      return;
    }
    case "again":
      return void (await send({ id: messageId }));
    case "edit":
      return void (await services.changing.edit(caller, id, messageId, { content: `edited ${flavour}` }));
    case "delete":
      return await services.changing.remove(caller, id, messageId);
    case "restore":
      return void (await services.changing.restore(caller, id, messageId));
    case "react":
      return void (await services.reactions.add(caller, messageId, reaction));
    case "unreact":
      return await services.reactions.remove(caller, messageId, reaction);
    case "pin":
      return void (await services.pins.pin(caller, id, messageId));
    case "unpin":
      return await services.pins.unpin(caller, id, messageId);
  }
}

/** What somebody knows who was told of every change, and asked for nothing. */
function replay(changes: readonly CommittedChange[]): Map<string, MessageRow> {
  const known = new Map<string, MessageRow>();
  for (const { version, message, thread } of changes) {
    if (message) known.set(message.id, message);
    const root = thread && known.get(thread.rootId);
    if (thread && root)
      known.set(root.id, { ...root, version, replyCount: thread.replyCount, lastReplyAt: thread.lastReplyAt });
  }
  return known;
}

test("whatever people do at once, the conversation is sound, and what was told adds up to what is there", async () => {
  const rounds = fc.array(fc.array(step, { minLength: 1, maxLength: 6 }), { minLength: 5, maxLength: 25 });
  await fc.assert(
    fc.asyncProperty(rounds, async (plan) => {
      const members = people.map((who, index) => ({
        who,
        role: index === 0 ? ("owner" as const) : ("member" as const),
      }));
      const id = await makeConversation(store.database, { members });
      const ids: MessageId[] = [];
      for (const round of plan) {
        const results = await Promise.allSettled(round.map((one) => perform(id, ids, one)));
        // A refusal is an answer; anything else is a fault.
        for (const result of results)
          if (result.status === "rejected") expect(result.reason).toBeInstanceOf(ParleyError);
      }
      await expectSound(store.database, id);
      const told = services.toldOf(id);
      expect(told.map((change) => change.version)).toEqual(told.map((_, index) => index + 2));
      const stored = await findMessages(store.database, ids);
      expect(stored).toHaveLength(ids.length);
      const known = replay(told);
      for (const row of stored) expect(known.get(row.id)).toEqual(row);
    }),
    { numRuns: 40 },
  );
});
