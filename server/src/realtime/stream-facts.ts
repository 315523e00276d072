import { LRUCache } from "lru-cache";
import { footingOf } from "../domain/access.ts";
import type { ConversationId, SpaceId } from "../domain/ids.ts";
import type { CommittedChange } from "../store/changes.ts";
import { findConversation, type ConversationRow } from "../store/conversations.ts";
import type { Reader } from "../store/database.ts";
import { countMembersUpTo, findMemberIds } from "../store/live-conversations.ts";
import { findMembers, findSpaceRoles, type MemberRow } from "../store/members.ts";
import type { Audience, Stream } from "./audience.ts";
import { noteMember } from "./memberships.ts";

/** In conversations of up to so many members, marks and typing go to everyone (DESIGN 2.12). */
export const SMALL = 50;

const MAX_REMEMBERED = 50_000;

/** What the hub has to know of a conversation to tell its changes, and how it stays right as they are told. */
export class StreamFacts {
  readonly #db: Reader;
  readonly #audience: Audience;
  readonly #counting = new Map<Stream, Promise<number>>();
  /** Conversations that are not support: staff who are online are no reason to look at them again. */
  readonly #notSupport = new LRUCache<ConversationId, true>({ max: MAX_REMEMBERED });

  constructor(deps: { readonly db: Reader; readonly audience: Audience }) {
    this.#db = deps.db;
    this.#audience = deps.audience;
  }

  /** Whether staff hear the conversation, as far as is known. */
  mayBeSupport(id: ConversationId): boolean {
    return !this.#notSupport.has(id);
  }

  hasAudience(stream: Stream): boolean {
    if (stream.users.length > 0 || (stream.openers?.size ?? 0) > 0) return true;
    return stream.isSupport && this.#audience.staff.size > 0;
  }

  /** Reads what a stream is about. */
  async learn(stream: Stream): Promise<void> {
    const row = await findConversation(this.#db, stream.id);
    if (row) this.note(stream, row);
  }

  /**
   * Reads what these changes, about to be told, alter: whom the history rules hide what from, and who may still follow a
   * public channel. Answers the members who are online and begin to hear the conversation, where it was made or brought back.
   */
  async follow(stream: Stream, changes: readonly CommittedChange[]): Promise<MemberRow[]> {
    if (changes.some(({ type }) => type === "conversation.updated" || type === "conversation.restored"))
      await this.recheck(stream);
    if (!changes.some(({ type }) => type === "conversation.created" || type === "conversation.restored")) return [];
    const { users } = this.#audience;
    const online = (await findMemberIds(this.#db, stream.id)).filter((id) => users.has(id));
    const members = await findMembers(this.#db, stream.id, online);
    return members.filter((member) => !member.leftAt);
  }

  /** Reads the conversation anew, and ends the following of those who may not see it any more. Given a space, only if it is there. */
  async recheck(stream: Stream, spaceId?: SpaceId): Promise<void> {
    const row = await findConversation(this.#db, stream.id);
    if (!row || (spaceId !== undefined && row.spaceId !== spaceId)) return;
    const before = stream.history;
    this.note(stream, row);
    if (stream.history !== before) await this.#noteMembers(stream);
    await this.#recheckReaders(stream, row);
  }

  /** Whether marks and typing go to everyone. */
  async isSmall(stream: Stream): Promise<boolean> {
    return this.isSmallNow(stream) ?? (await this.#count(stream)) <= SMALL;
  }

  /** The same as far as it is known; undefined where it takes counting. */
  isSmallNow(stream: Stream): boolean | undefined {
    if (stream.users.length > SMALL) return false;
    return stream.memberCount === undefined ? undefined : stream.memberCount <= SMALL;
  }

  /** One counting of a stream at a time, however many signals wait for it. */
  #count(stream: Stream): Promise<number> {
    const known = this.#counting.get(stream);
    if (known) return known;
    const counting = countMembersUpTo(this.#db, stream.id, SMALL + 1)
      .then((count) => (stream.memberCount = count))
      .finally(() => this.#counting.delete(stream));
    this.#counting.set(stream, counting);
    return counting;
  }

  /** What was read of the conversation. */
  note(stream: Stream, row: ConversationRow): void {
    stream.isKnown = true;
    stream.isSupport = row.kind === "support";
    stream.history = row.historyVisibility;
    stream.messageCount = Math.max(stream.messageCount ?? 0, row.messageCount);
    if (!stream.isSupport) this.#notSupport.set(stream.id, true);
  }

  async #noteMembers(stream: Stream): Promise<void> {
    const members = await findMembers(
      this.#db,
      stream.id,
      [...stream.users].map(({ id }) => id),
    );
    stream.hiddenUpTo = undefined;
    for (const member of members) noteMember(stream, member.userId, member);
  }

  async #recheckReaders(stream: Stream, row: ConversationRow): Promise<void> {
    const readers = [...(stream.readers ?? [])];
    if (readers.length === 0) return;
    const ids = [...new Set(readers.map((session) => session.user.id))];
    const inSpace = row.spaceId === null ? undefined : await findSpaceRoles(this.#db, row.spaceId, ids);
    for (const session of readers) {
      const isInSpace = inSpace === undefined || inSpace.has(session.user.id);
      if (!footingOf(session.caller, row, undefined, isInSpace)) this.#audience.close(stream, session);
    }
  }
}
