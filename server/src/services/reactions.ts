import { ParleyError, type ReactionChange, type ReactionDetail, type User } from "@parley/protocol";
import type { Caller } from "../domain/caller.ts";
import type { ConversationId, MessageId, UserId } from "../domain/ids.ts";
import { hasRoomFor, MAX_REACTIONS } from "../domain/reactions.ts";
import type { Committer } from "../store/committer/committer.ts";
import type { ChangeWriter } from "../store/committer/operations.ts";
import type { Reader } from "../store/database.ts";
import { countReactions, deleteReaction, insertReaction, listReactions, type OneReaction } from "../store/reactions.ts";
import { requireMembership } from "./access.ts";
import {
  changeMessage,
  locateMessage,
  messageDeleted,
  requireOpenContact,
  type MessageAccess,
} from "./messages/message-access.ts";
import { requirePerson } from "./people.ts";

export interface ReactionsDeps {
  readonly db: Reader;
  readonly committer: Pick<Committer, "change">;
  readonly users: { many(ids: readonly UserId[]): Promise<ReadonlyMap<UserId, User>> };
}

/** Of each reaction so many users are named, the first ones; the others are counted. */
const NAMED_USERS = 1_000;

export type Reactions = ReturnType<typeof createReactions>;

export function createReactions(deps: ReactionsDeps) {
  return {
    /**
     * Reacts to a message with one emoji or `:name:`, as any member may. Reacting the same again changes nothing (`added: false`).
     *
     * Throws `not_found`, `not_a_member`, `permission_denied` (the host's backend in its own name), `contact_refused`,
     * `message_deleted`, and `conflict` where the message has MAX_REACTIONS different reactions already. Given a conversation, a
     * message that is elsewhere is not found.
     */
    async add(
      caller: Caller,
      messageId: MessageId,
      reaction: string,
      conversationId?: ConversationId,
    ): Promise<{ change: ReactionChange; added: boolean }> {
      requirePerson(caller);
      return await changeMessage(deps, caller, placeOf(messageId, conversationId), (change, found) =>
        addUnderLock(change, found, reaction),
      );
    },

    /** Takes one's own reaction back; one that is not there stays away. Throws like `add`, but for `contact_refused` and `conflict`. */
    async remove(
      caller: Caller,
      messageId: MessageId,
      reaction: string,
      conversationId?: ConversationId,
    ): Promise<void> {
      requirePerson(caller);
      await changeMessage(deps, caller, placeOf(messageId, conversationId), (change, found) =>
        removeUnderLock(change, found, reaction),
      );
    },

    /** Who reacted how; of each reaction the first 1,000 users. Throws `not_found`. */
    async list(caller: Caller, messageId: MessageId): Promise<{ items: ReactionDetail[] }> {
      await locateMessage(deps.db, caller, messageId);
      const groups = await listReactions(deps.db, messageId, NAMED_USERS);
      const users = await deps.users.many([
        ...new Set(groups.flatMap((group) => group.users.map(({ userId }) => userId))),
      ]);
      const items = groups.map(({ reaction, count, users: reacted }) => ({
        reaction,
        count,
        users: reacted.flatMap(({ userId, at }) => {
          const user = users.get(userId);
          return user ? [{ user, created_at: at.toISOString() }] : [];
        }),
      }));
      return { items };
    },
  };
}

function placeOf(
  messageId: MessageId,
  conversationId: ConversationId | undefined,
): Parameters<typeof changeMessage>[2] {
  return conversationId === undefined ? { messageId } : { messageId, conversationId };
}

async function addUnderLock(
  change: ChangeWriter,
  { access, message }: MessageAccess,
  reaction: string,
): Promise<{ change: ReactionChange; added: boolean }> {
  requireMembership(access);
  if (message.deletedAt) throw messageDeleted();
  await requireOpenContact(change, access);
  const one: OneReaction = { messageId: message.id, userId: access.caller.userId, reaction };
  const counts = await countReactions(change, one);
  if (counts.isOwn) return { change: present(one, counts.same), added: false };
  if (!hasRoomFor(counts)) {
    throw new ParleyError("conflict", {
      detail: `This message has ${MAX_REACTIONS} different reactions already: use one of those.`,
    });
  }
  const version = change.record("reaction.added", message.id, one.userId);
  const row = await insertReaction(change, one, change.now, version);
  const count = counts.same + 1;
  change.describe(version, { message: row, reaction: { reaction, count } });
  return { change: present(one, count), added: true };
}

async function removeUnderLock(
  change: ChangeWriter,
  { access, message }: MessageAccess,
  reaction: string,
): Promise<void> {
  requireMembership(access);
  if (message.deletedAt) throw messageDeleted();
  const one: OneReaction = { messageId: message.id, userId: access.caller.userId, reaction };
  const counts = await countReactions(change, one);
  if (!counts.isOwn) return;
  const version = change.record("reaction.removed", message.id, one.userId);
  const row = await deleteReaction(change, one, version);
  change.describe(version, { message: row, reaction: { reaction, count: counts.same - 1 } });
}

function present({ messageId, userId, reaction }: OneReaction, count: number): ReactionChange {
  return { message_id: messageId, reaction, user_id: userId, count };
}
