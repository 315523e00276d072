import type { MarkEvent, Signal } from "@parley/protocol";
import { unreadCount } from "../domain/marks.ts";
import { STAFF_MARK, type ConversationId, type UserId } from "../domain/ids.ts";
import type { MarkMoved } from "../store/marks/marks-writer.ts";
import type { Audience, Session, Stream } from "./audience.ts";
import type { Bus, SignalHint, UserHint } from "./bus/bus.ts";
import { give, tellAll, tellOpeners } from "./fan-out.ts";
import { Frame, type FrameKind } from "./frames.ts";
import type { StreamFacts } from "./stream-facts.ts";

export interface SignalsDeps {
  readonly audience: Audience;
  readonly facts: StreamFacts;
  readonly bus: Bus;
  readonly now: () => number;
  readonly onTold: (kind: FrameKind, sessions: number) => void;
  readonly onDropped: (count: number) => void;
  readonly onTrouble: (error: unknown, message: string) => void;
}

/** Marks of one large conversation that are told in a second: more could not be looked at, and can be asked for. */
const LARGE_MARKS_PER_SECOND = 20;

/** Tells what takes no version: movements of marks, typing, and what is for one user alone. */
export class Signals {
  readonly #deps: SignalsDeps;
  /** Marks told in large conversations, by conversation, in the present second. */
  readonly #spent = new Map<ConversationId, number>();
  #second = 0;

  constructor(deps: SignalsDeps) {
    this.#deps = deps;
  }

  /** Tells that a mark has moved: its owner's sockets always, others if receipts are shared. */
  markMoved(mark: MarkMoved): void {
    // By a message of their own: it says so itself.
    if (mark.bySending) return;
    const { conversationId, userId, moved } = mark;
    const base = { conversation_id: conversationId, user_id: userId, timestamp: this.#timestamp() };
    if (moved.read) {
      const data = { last_read_seq: mark.lastReadSeq, last_read_at: mark.lastReadAt?.toISOString() ?? null };
      const count = this.#deps.audience.streams.get(conversationId)?.messageCount;
      const own = count === undefined ? data : { ...data, unread_count: unreadCount(count, mark.lastReadOrdinal) };
      this.#tellMark(mark, { type: "read.updated", ...base, data }, { type: "read.updated", ...base, data: own });
    }
    // What is read has been received.
    if (moved.delivered && !moved.read) {
      const event: MarkEvent = {
        type: "delivery.updated",
        ...base,
        data: { last_delivered_seq: mark.lastDeliveredSeq },
      };
      this.#tellMark(mark, event, event);
    }
  }

  /** Tells that somebody has begun or ceased to type: everyone but themselves. */
  typing(conversationId: ConversationId, userId: UserId, isTyping: boolean): void {
    const type = isTyping ? "typing.start" : "typing.stop";
    const event: Signal = {
      type,
      conversation_id: conversationId,
      user_id: userId,
      timestamp: this.#timestamp(),
      data: {},
    };
    this.#tellOthers({ kind: "signal", conversation_id: conversationId, user_id: userId, event }, true);
  }

  /** Tells an event to all sockets of some users, on all nodes. Neither throws nor waits. */
  toUsers(userIds: readonly UserId[] | "staff", event: MarkEvent | Signal): void {
    const hint: UserHint = { kind: "users", user_ids: userIds, event };
    this.receiveForUsers(hint);
    this.#deps.bus.publish(hint);
  }

  /** From another node. */
  receive(hint: SignalHint): void {
    this.#tellOthers(hint, false);
  }

  /** From another node. */
  receiveForUsers({ user_ids: ids, event }: UserHint): void {
    const { audience, onTold } = this.#deps;
    const frame = new Frame(kindOf(event), event);
    let count = 0;
    if (ids === "staff") for (const session of audience.staff) count += give(session, frame);
    else {
      for (const id of ids) {
        for (const session of audience.users.get(id as UserId)?.sessions ?? []) count += give(session, frame);
      }
    }
    onTold(frame.kind, count);
  }

  #tellMark({ conversationId, userId, sharesReceipts }: MarkMoved, shared: MarkEvent, own: MarkEvent): void {
    this.toUsers(userId === STAFF_MARK ? "staff" : [userId], own);
    if (!sharesReceipts) return;
    this.#tellOthers({ kind: "signal", conversation_id: conversationId, user_id: userId, event: shared }, true);
  }

  #tellOthers(hint: SignalHint, isOurs: boolean): void {
    const { audience, bus, facts, onTrouble } = this.#deps;
    if (isOurs) bus.publish(hint);
    const stream = audience.streams.get(hint.conversation_id as ConversationId);
    if (!stream) return;
    const isSmall = facts.isSmallNow(stream);
    if (isSmall !== undefined) this.#tell(stream, hint, isSmall);
    else {
      facts.isSmall(stream).then(
        (small) => this.#tell(stream, hint, small),
        (error: unknown) => onTrouble(error, "a signal was not told: its conversation could not be counted"),
      );
    }
  }

  #tell(stream: Stream, { event, user_id: userId }: SignalHint, isSmall: boolean): void {
    const { audience, onDropped, onTold } = this.#deps;
    const kind = kindOf(event);
    if (!isSmall && kind === "mark" && !this.#mayTellLarge(stream.id)) {
      onDropped(1);
      return;
    }
    const except =
      kind === "mark"
        ? (session: Session) => !isToldMarks(audience, stream, session, userId)
        : (session: Session) => session.user.id === userId;
    const frame = new Frame(kind, event);
    onTold(kind, isSmall ? tellAll(audience, stream, frame, except) : tellOpeners(stream, frame, except));
  }

  #mayTellLarge(id: ConversationId): boolean {
    const second = Math.floor(this.#deps.now() / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#spent.clear();
    }
    const spent = this.#spent.get(id) ?? 0;
    if (spent >= LARGE_MARKS_PER_SECOND) return false;
    this.#spent.set(id, spent + 1);
    return true;
  }

  #timestamp(): string {
    return new Date(this.#deps.now()).toISOString();
  }
}

/**
 * Whether a session is told the mark of somebody else. Receipts are mutual, and guests do not learn who the members are; staff
 * share theirs always, and are told of it as their own.
 */
function isToldMarks(audience: Audience, stream: Stream, session: Session, ownerId: string): boolean {
  if (session.user.id === ownerId) return false;
  if (audience.staff.has(session) && stream.isSupport && !stream.has(session.user)) return ownerId !== STAFF_MARK;
  return session.user.sharesReceipts && !stream.guests?.has(session.user.id);
}

function kindOf(event: MarkEvent | Signal): FrameKind {
  return event.type === "read.updated" || event.type === "delivery.updated" ? "mark" : "signal";
}
