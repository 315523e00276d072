import type { Conversation, Mark } from "@parley/protocol";
import { type ConversationState, type Said, unknownConversation } from "../store/state.ts";
import { liveWindow, type Window } from "../store/windows.ts";

/** A conversation without its messages, or its newest messages, as they are kept. */
export interface CacheRecord {
  readonly id: string;
  /** Up to which change it is so. */
  readonly version: number;
  /** When something last happened in the conversation: ISO 8601. */
  readonly at: string;
  /** As text: its size is known, and what is broken in one record stays there. */
  readonly json: string;
}

export interface CachedConversation {
  readonly id: string;
  readonly head: CacheRecord;
  /** Undefined where the newest messages are not held. */
  readonly window: CacheRecord | undefined;
}

interface Head {
  readonly conversation: Conversation;
  readonly marks: readonly Mark[];
  readonly unread: number | null;
  readonly readOrdinal: number | null | undefined;
  readonly tail: readonly Said[];
}

export interface RecordLimits {
  readonly messages: number;
  /** Characters of the newest messages of one conversation. */
  readonly windowChars: number;
}

/** What is kept of a conversation; undefined where its version or the conversation itself is not known. */
export function toRecords(state: ConversationState, limits: RecordLimits): CachedConversation | undefined {
  const { id, version, conversation, marks, unread, readOrdinal, tail } = state;
  if (version === undefined || !conversation || state.gone) return undefined;
  const at = conversation.last_message_at ?? conversation.created_at;
  const head: Head = { conversation, marks: [...marks.values()], unread, readOrdinal, tail };
  const live = liveWindow(state.windows);
  return {
    id,
    head: { id, version, at, json: JSON.stringify(head) },
    window: live && { id, version, at, json: windowText(live, limits) },
  };
}

function windowText(live: Window, { messages: most, windowChars }: RecordLimits): string {
  let count = Math.min(most, live.messages.length);
  for (;;) {
    const messages = live.messages.slice(live.messages.length - count);
    const from = messages.length === live.messages.length ? live.from : (messages[0]?.seq ?? Infinity);
    const json = JSON.stringify({ from, messages });
    if (json.length <= windowChars || count <= 1) return json;
    count = count >> 1;
  }
}

/**
 * The state that was kept, or undefined where it cannot be read. The messages may be of an earlier version than the rest
 * (another tab wrote that): then all counts from there, since a change may be applied twice, but must not be missed.
 */
export function fromRecords(head: CacheRecord, window: CacheRecord | undefined): ConversationState | undefined {
  try {
    const { conversation, marks, unread, readOrdinal, tail } = JSON.parse(head.json) as Head;
    if (conversation.id !== head.id || !Number.isInteger(head.version)) return undefined;
    const kept = window && (JSON.parse(window.json) as Omit<Window, "to">);
    const isUsable = kept !== undefined && Number.isInteger(kept.from) && Number.isInteger(window?.version);
    return {
      ...unknownConversation(head.id),
      conversation,
      version: isUsable ? Math.min(head.version, window?.version ?? head.version) : head.version,
      windows: isUsable ? [{ ...kept, to: Infinity }] : [],
      marks: new Map(marks.map((mark) => [mark.user_id, mark])),
      unread,
      readOrdinal,
      tail,
    };
  } catch {
    return undefined;
  }
}
