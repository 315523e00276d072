import { ParleyError } from "@parley/protocol";
import { SYSTEM_USER, type ConversationId, type MessageId, type UserId } from "../../domain/ids.ts";
import { rightsOf } from "../../domain/permissions.ts";
import type { Committer } from "../../store/committer/committer.ts";
import type { ChangeWriter } from "../../store/committer/operations.ts";
import { insertConversation } from "../../store/conversations-create.ts";
import { findStanding } from "../../store/conversations.ts";
import type { Database, Writer } from "../../store/database.ts";
import {
  countImported,
  countReplies,
  ensureImportedSpace,
  findPresentIds,
  insertImportedMessages,
  insertImportedReactions,
  markArchiveRead,
  type ImportedMessageRecord,
  type RootUpdate,
} from "../../store/imports.ts";
import { insertMembers } from "../../store/membership.ts";
import { findUsers, insertUser } from "../../store/users.ts";
import { fingerprint } from "../messages/fingerprint.ts";
import type { ImportedBatch, ImportedConversation, ImportedMessage, ImportedSpace, ImportedUser } from "./history.ts";

const NAME_ATTEMPTS = 1_000;

export interface HistoryImportDeps {
  readonly database: Database;
  readonly committer: Pick<Committer, "change">;
  readonly fingerprintKey: Uint8Array;
}

export type HistoryImport = ReturnType<typeof createHistoryImport>;

/**
 * Brings history from elsewhere into the log: with its own times and authors, flagged as imported, so that nobody is notified.
 * Everything is idempotent by id. What the rules for live messages ask of the sender (membership, rates, contact) is not asked:
 * it was settled where the history comes from. Bounds and the log's discipline hold as for every other message.
 */
export function createHistoryImport(deps: HistoryImportDeps) {
  return {
    users: (users: readonly ImportedUser[]) => importUsers(deps, users),
    space: (space: ImportedSpace) =>
      deps.database.transaction((tx) => ensureImportedSpace(tx, { ...space, createdBy: SYSTEM_USER })),
    conversation: (conversation: ImportedConversation) => importConversation(deps, conversation),
    messages: (conversationId: ConversationId, messages: readonly ImportedMessage[]) =>
      importMessages(deps, conversationId, messages),
    /** Ends the import of a conversation: nothing of the archive is unread for those who never read there. */
    finish: (conversationId: ConversationId) => deps.database.transaction((tx) => markArchiveRead(tx, conversationId)),
    count: (conversationId: ConversationId) => countImported(deps.database, conversationId),
  };
}

/** Answers how many are new. A username that somebody else has gets a number: ada, ada-2, ada-3 … */
async function importUsers(deps: HistoryImportDeps, users: readonly ImportedUser[]): Promise<number> {
  const present = new Set(
    (
      await findUsers(
        deps.database,
        users.map((user) => user.id),
      )
    ).map((user) => user.id),
  );
  const missing = users.filter((user) => !present.has(user.id));
  for (const user of missing) await deps.database.transaction((tx) => insertNamed(tx, user));
  return missing.length;
}

async function insertNamed(tx: Writer, user: ImportedUser): Promise<void> {
  for (let number = 1; number <= NAME_ATTEMPTS; number += 1) {
    const username = number === 1 ? user.username : `${user.username.slice(0, 58)}-${number}`;
    const inserted = await insertUser(tx, {
      id: user.id,
      externalId: user.externalId,
      username,
      slug: username,
      displayName: user.displayName,
      avatarUrl: user.avatarUrl,
      kind: user.kind,
      deactivatedAt: user.deactivated ? new Date() : null,
    });
    if (inserted) return;
  }
  throw new ParleyError("conflict", { detail: `The external id ${user.externalId} belongs to another user already.` });
}

/** Makes the conversation with its members; answers false where it is there already. */
async function importConversation(deps: HistoryImportDeps, imported: ImportedConversation): Promise<boolean> {
  const standing = await findStanding(deps.database, imported.id, SYSTEM_USER);
  if (standing?.conversation.deletedAt) {
    throw new ParleyError("conflict", {
      detail: "It was imported before and deleted since; restore it to import more.",
    });
  }
  if (standing) return false;
  await deps.committer.change(imported.id, (change) => makeConversation(change, imported), { create: true });
  return true;
}

async function makeConversation(change: ChangeWriter, imported: ImportedConversation): Promise<void> {
  const version = change.record("conversation.created", imported.id, imported.createdBy, {
    imported: true,
    at: imported.createdAt,
  });
  const directKey = imported.kind === "direct" ? imported.members.toSorted().join(":") : null;
  const made = await insertConversation(change, {
    id: imported.id,
    kind: imported.kind,
    spaceId: imported.spaceId,
    slug: imported.slug,
    externalRef: null,
    title: imported.title,
    description: imported.description,
    visibility: imported.visibility,
    requireApproval: false,
    historyVisibility: "all",
    slowModeSeconds: 0,
    retentionDays: null,
    federate: false,
    directKey,
    subjectUserId: null,
    version,
    createdBy: imported.createdBy,
    createdAt: imported.createdAt,
  });
  if (!made)
    throw new ParleyError("conflict", {
      detail: `There is another conversation with this name or these members: ${imported.slug ?? imported.kind}.`,
    });
  const people = [...new Set(imported.members)].map((userId) => {
    const role = userId === imported.createdBy && imported.kind !== "direct" ? ("owner" as const) : ("member" as const);
    return { userId, role, permissions: {}, rights: rightsOf(role, {}), joinedSeq: 0, version };
  });
  await insertMembers(change, {
    conversationId: imported.id,
    at: imported.createdAt,
    present: { lastMessageSeq: 0, messageCount: 0 },
    people,
  });
}

/** Writes those messages that are not there yet, in the order given, as one transaction. At most a few hundred at once. */
async function importMessages(
  deps: HistoryImportDeps,
  conversationId: ConversationId,
  messages: readonly ImportedMessage[],
): Promise<ImportedBatch> {
  return await deps.committer.change(conversationId, async (change) => {
    const wanted = [...messages.map((message) => message.id), ...messages.flatMap((message) => message.parentId ?? [])];
    const present = await findPresentIds(change, wanted);
    const known = new Set([...present, ...messages.map((message) => message.id)]);
    const fresh = messages.filter((message) => !present.has(message.id));
    const roots = new Map<string, RootUpdate>();
    const records: ImportedMessageRecord[] = [];
    let rootless = 0;
    for (const message of fresh) {
      const { seq, ordinal } = change.recordMessage(message.id, message.senderId, {
        imported: true,
        at: message.createdAt,
      });
      const parentId = message.parentId && known.has(message.parentId) ? message.parentId : null;
      if (message.parentId && !parentId) rootless += 1;
      if (parentId) addReply(roots, parentId, message, seq);
      records.push(toRecord(deps.fingerprintKey, message, parentId, seq, ordinal));
    }
    await insertImportedMessages(change, conversationId, records);
    await countReplies(change, [...roots.values()]);
    const reactions = fresh.flatMap((message) => distinctReactions(message));
    await insertImportedReactions(change, reactions);
    return {
      written: fresh.length,
      present: messages.length - fresh.length,
      rootless,
    };
  });
}

/** A deleted reply keeps its place in the thread, but is not counted. */
function addReply(roots: Map<string, RootUpdate>, rootId: MessageId, reply: ImportedMessage, version: number): void {
  const before = roots.get(rootId);
  roots.set(rootId, {
    id: rootId,
    replies: (before?.replies ?? 0) + (reply.deletedAt ? 0 : 1),
    version,
    lastReplyAt: before && before.lastReplyAt > reply.createdAt ? before.lastReplyAt : reply.createdAt,
  });
}

function distinctReactions(
  message: ImportedMessage,
): { messageId: MessageId; userId: UserId; reaction: string; at: Date }[] {
  const seen = new Set<string>();
  return message.reactions.flatMap(({ userId, reaction }) => {
    const key = `${userId} ${reaction}`;
    if (seen.has(key) || message.deletedAt) return [];
    seen.add(key);
    return [{ messageId: message.id, userId, reaction, at: message.createdAt }];
  });
}

function toRecord(
  key: Uint8Array,
  message: ImportedMessage,
  parentId: MessageId | null,
  seq: number,
  ordinal: number,
): ImportedMessageRecord {
  const { contentType, content, metadata, attachments } = message;
  const gone = message.deletedAt !== null;
  return {
    seq,
    ordinal,
    id: message.id,
    sender_id: message.senderId,
    content_type: contentType,
    content: gone ? "" : content,
    metadata: gone ? null : metadata,
    attachments: gone ? null : attachments,
    mentions: gone ? null : message.mentions,
    parent_id: parentId,
    reaction_count: gone ? 0 : distinctReactions(message).length,
    edit_count: message.editedAt ? 1 : 0,
    pinned_at: gone ? null : (message.pinned?.at ?? null),
    pinned_by: gone ? null : (message.pinned?.by ?? null),
    fingerprint: fingerprint(key, { contentType, content, metadata, parentId, attachments }),
    created_at: message.createdAt,
    edited_at: message.editedAt,
    deleted_at: message.deletedAt,
  };
}
