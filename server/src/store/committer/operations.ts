import type { ConversationId, MessageId, UserId } from "../../domain/ids.ts";
import type { CommittedChange, ChangeType } from "../changes.ts";
import type { Writer } from "../database.ts";
import type { MessageRow } from "../messages.ts";

/** A message to be written, with what the statement needs to know of its sender. */
export interface SendRequest {
  readonly id: MessageId;
  readonly conversationId: ConversationId;
  readonly senderId: UserId;
  readonly contentType: string;
  readonly content: string;
  readonly metadata: Record<string, unknown> | null;
  readonly attachments: Record<string, unknown>[] | null;
  readonly mentions: UserId[] | null;
  /** `@all` or `@here`; dropped by the commit where the sender may not. */
  readonly massMention: string | null;
  readonly parentId: MessageId | null;
  /** Hex of the keyed hash over what was sent. */
  readonly fingerprint: string;
  readonly isStaff: boolean;
  readonly isService: boolean;
  /** The host's backend in its own name: member everywhere. With `Parley-Act-As` it is not. */
  readonly isHost: boolean;
  readonly mayContactAnyone: boolean;
  readonly hasMedia: boolean;
}

export type SendRefusal =
  | "conflict"
  | "not_found"
  | "not_a_member"
  | "permission_denied"
  | "contact_refused"
  | "wrong_kind"
  | "parent_not_found"
  | "message_deleted"
  | "slow_mode"
  | "quota";

export type SendOutcome =
  | {
      readonly outcome: "sent";
      readonly kind: string;
      readonly message: MessageRow;
      readonly thread: CommittedChange["thread"];
    }
  /** The id is already there with the same sender, conversation and content: read it for its present state. */
  | {
      readonly outcome: "duplicate";
      readonly kind: string;
      /** It was this very send, whose first commit ended in a lost connection. */
      readonly own: boolean;
    }
  | { readonly outcome: "refused"; readonly reason: SendRefusal; readonly retryAfterSeconds: number | null };

/** The head of a conversation under its lock. */
export interface LockedHead {
  readonly head: number;
  readonly messageCount: number;
  readonly lastMessageSeq: number;
  readonly lastMessageAt: Date | null;
}

/** What is known of a change beside the row of the log; goes to the hub after the commit. */
export type ChangeDetails = Pick<CommittedChange, "message" | "thread" | "reaction">;

/**
 * A transaction that holds the lock of one conversation's head. Read what decides after it was given to you: nobody else
 * can commit a change of this conversation before you do.
 */
export interface ChangeWriter extends Writer {
  readonly conversationId: ConversationId;
  readonly head: LockedHead;
  /** Now by the database's clock, not before the conversation's last message. */
  readonly now: Date;
  /** Takes the next version for one change and writes its row at the end of the transaction. */
  record(type: ChangeType, subjectId: string, actorId: UserId, options?: { imported?: boolean; at?: Date }): number;
  /** Tells the hub more of a change that was recorded, once the rows it is about are written. */
  describe(version: number, details: ChangeDetails): void;
  /** Takes the next place for a message: its seq is the version of its change (imports and notices written by services). */
  recordMessage(
    id: MessageId,
    senderId: UserId,
    options?: { imported?: boolean; at?: Date },
  ): { seq: number; ordinal: number };
}

export interface ChangeOptions {
  /** The conversation is new: its head is made first. Default false. */
  readonly create?: boolean;
}
