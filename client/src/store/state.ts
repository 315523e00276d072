import type { Conversation, GoneReason, Mark, Member } from "@parley/protocol";
import type { Outgoing } from "../outbox/entry.ts";
import type { Window } from "./windows.ts";

/** What is known of a conversation. Never changed in place. */
export interface ConversationState {
  /** The conversation's id, a UUID. */
  readonly id: string;
  /** Undefined until it was loaded. */
  readonly conversation: Conversation | undefined;
  /** Up to which change everything here is so; undefined while that is being found out. */
  readonly version: number | undefined;
  /** What is held of the messages, in order; between two of them is a hole. */
  readonly windows: readonly Window[];
  /** One's own messages that are on their way or failed, in the order of sending. Show them below the live end. */
  readonly pending: readonly Outgoing[];
  /** By user; undefined until `loadMembers()`. */
  readonly members: ReadonlyMap<string, Member> | undefined;
  /** How far others and oneself have read and received, by user, as far as it was told. */
  readonly marks: ReadonlyMap<string, Mark>;
  /** Who is typing. */
  readonly typing: readonly string[];
  /** null for who follows a public channel without joining. */
  readonly unread: number | null;
  /** Why it is no longer there. */
  readonly gone: GoneReason | undefined;
  /** The ordinal of the last message read, where that is known: what `unread` is counted from. */
  readonly readOrdinal: number | null | undefined;
  /** Someone's mark may have moved without its being seen here. */
  readonly marksAreUnsure: boolean;
  /** The last messages that came, without a hole: marks are moved by them. */
  readonly tail: readonly Said[];
}

/** Who sent which message. */
export interface Said {
  readonly seq: number;
  readonly ordinal: number;
  readonly senderId: string;
}

export function unknownConversation(id: string): ConversationState {
  return {
    id,
    conversation: undefined,
    version: undefined,
    windows: [],
    pending: [],
    members: undefined,
    marks: new Map(),
    typing: [],
    unread: null,
    gone: undefined,
    readOrdinal: undefined,
    marksAreUnsure: false,
    tail: [],
  };
}
