import { beforeAll, expect, test } from "vitest";
import { v7 as uuidv7 } from "uuid";
import type { Caller } from "../src/domain/caller.ts";
import type { ConversationId, MessageId } from "../src/domain/ids.ts";
import type { SendRequest } from "../src/store/committer/operations.ts";
import { request, startCommitter } from "./harness/committer.ts";
import { useTestDatabase } from "./harness/database.ts";
import { actingFor, HOST, makeConversation, makeUser, run } from "./harness/rows.ts";

const store = useTestDatabase();

interface Case {
  readonly name: string;
  readonly sent: SendRequest;
  readonly outcome: string;
}

let cases: Case[];

/** One of each outcome, and of each way to be sent. */
beforeAll(async () => {
  const { database } = store;
  const [ada, bob, carl, staff] = await Promise.all([
    makeUser(database),
    makeUser(database),
    makeUser(database),
    makeUser(database, { isStaff: true }),
  ]);
  const moderator = { who: bob, role: "admin" } as const;
  const muted = { who: carl, permissions: { send_messages: false } };
  const [group, channel, project, direct, blocked, support, system, slow, deleted] = await Promise.all([
    makeConversation(database, { members: [ada, moderator, muted] }),
    makeConversation(database, { kind: "channel", members: [ada, moderator] }),
    makeConversation(database, { kind: "project", members: [ada] }),
    makeConversation(database, { kind: "direct", members: [ada, bob] }),
    makeConversation(database, { kind: "direct", members: [ada, carl] }),
    makeConversation(database, { kind: "support", subject: ada, members: [ada] }),
    makeConversation(database, { kind: "system", subject: ada, members: [ada] }),
    makeConversation(database, { slowModeSeconds: 60, members: [ada, moderator] }),
    makeConversation(database, { members: [ada] }),
  ]);
  await run(database, "INSERT INTO blocks (blocker_id, blocked_id) VALUES ($1, $2)", [carl.userId, ada.userId]);
  await run(database, "UPDATE conversations SET deleted_at = now() WHERE id = $1", [deleted]);
  const there = request(ada, group, { content: "there" });
  await using committer = startCommitter(database);
  for (const each of [there, request(ada, slow), request(ada, support)]) await committer.send(each);

  const of = (
    name: string,
    outcome: string,
    caller: Caller,
    id: ConversationId,
    fields: Partial<SendRequest> = {},
  ): Case => ({
    name,
    outcome,
    sent: request(caller, id, fields),
  });
  const everything: Partial<SendRequest> = {
    contentType: "file",
    content: "",
    metadata: { name: "a.txt", deep: [1, null, { b: "ü" }] },
    attachments: [{ id: uuidv7(), kind: "file" }],
    mentions: [bob.userId, carl.userId],
    massMention: "@all",
    hasMedia: true,
  };
  cases = [
    of("a text in a group", "sent", ada, group),
    of("everything a message may hold", "sent", ada, group, everything),
    of("@all in a channel by a member", "sent", ada, channel, everything),
    of("@all in a channel by a moderator", "sent", bob, channel, everything),
    of("in a direct conversation", "sent", ada, direct),
    of("to somebody who blocked them", "contact_refused", ada, blocked),
    of("by somebody blocked who may contact anyone", "sent", ada, blocked, { mayContactAnyone: true }),
    of("a collaboration update in a project", "sent", ada, project, { contentType: "collaboration_update" }),
    of("a collaboration update elsewhere", "wrong_kind", ada, group, { contentType: "collaboration_update" }),
    of("by a customer in support", "sent", ada, support),
    of("by staff in support", "sent", staff, support),
    of("by a user in a system conversation", "permission_denied", ada, system),
    of("by the host in a system conversation", "sent", HOST, system),
    of("by the host acting for a member", "sent", actingFor(ada), group),
    of("in slow mode too early", "slow_mode", ada, slow),
    of("in slow mode by a moderator", "sent", bob, slow),
    of("by somebody else", "not_a_member", staff, group),
    of("by a member who may not", "permission_denied", carl, group),
    of("where there is nothing", "not_found", ada, uuidv7() as ConversationId),
    of("where all is deleted", "not_found", ada, deleted),
    of("a reply", "sent", bob, group, { parentId: there.id }),
    of("a reply to nothing", "parent_not_found", bob, group, { parentId: uuidv7() as MessageId }),
    { name: "the same again", outcome: "duplicate", sent: there },
    of("another with the same id", "conflict", bob, group, { id: there.id }),
  ];
});

const UNDONE = new Error("undone");

/** What the statement answers and leaves behind, without leaving it behind; times left out. */
async function effectOf(statement: "commit_send" | "commit_sends", { sent }: Case): Promise<Record<string, unknown>> {
  let effect: Record<string, unknown> = {};
  const batch = [
    {
      i: 0,
      conversation_id: sent.conversationId,
      id: sent.id,
      sender_id: sent.senderId,
      content_type: sent.contentType,
      content: sent.content,
      metadata: sent.metadata,
      attachments: sent.attachments,
      mentions: sent.mentions,
      mass_mention: sent.massMention,
      parent_id: sent.parentId,
      fingerprint: sent.fingerprint,
      is_staff: sent.isStaff,
      is_service: sent.isService,
      is_host: sent.isHost,
      may_contact_anyone: sent.mayContactAnyone,
      has_media: sent.hasMedia,
    },
  ];
  const undone = store.database.transaction(async (tx) => {
    const answered = await tx.query<Record<string, unknown>>({
      text: `SELECT to_jsonb(o) - 'created_at' - 'retry_after' AS outcome, o.retry_after IS NULL AS is_final,
               o.created_at <= now() + interval '1 minute' AS has_time FROM ${statement}($1, $2, false, 3, 5) o`,
      values: [JSON.stringify(batch), `{${sent.conversationId}}`],
    });
    const rows = async (text: string): Promise<unknown> => await tx.query({ text, values: [sent.conversationId] });
    effect = {
      answered,
      messages: await rows(
        "SELECT to_jsonb(m) - 'created_at' - 'last_reply_at' AS row FROM messages m WHERE conversation_id = $1 ORDER BY seq",
      ),
      changes: await rows(
        "SELECT to_jsonb(c) - 'at' - 'xid' AS row FROM changes c WHERE conversation_id = $1 ORDER BY version",
      ),
      head: await rows(
        "SELECT to_jsonb(h) - 'last_message_at' AS row FROM conversation_heads h WHERE conversation_id = $1",
      ),
      slow: await rows("SELECT user_id FROM slow_mode_sends WHERE conversation_id = $1 ORDER BY user_id"),
      sameTime:
        await rows(`SELECT h.last_message_at = m.created_at AND m.created_at = c.at AS is_same FROM conversation_heads h
        JOIN messages m ON m.conversation_id = h.conversation_id AND m.seq = h.last_message_seq
        JOIN changes c ON c.conversation_id = m.conversation_id AND c.version = m.seq WHERE h.conversation_id = $1`),
    };
    throw UNDONE;
  });
  await expect(undone).rejects.toBe(UNDONE);
  return effect;
}

test("a batch of one is decided and written by commit_send as by commit_sends", async () => {
  for (const each of cases) {
    const lean = await effectOf("commit_send", each);
    expect(lean, each.name).toEqual(await effectOf("commit_sends", each));
    expect((lean["answered"] as { outcome: { outcome: string } }[])[0]?.outcome.outcome, each.name).toBe(each.outcome);
  }
});
