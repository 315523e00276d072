/** The parts of the wire that the client reads, written down from the documentation (docs/reference/socket-protocol.md). */

export interface WireReaction {
  readonly reaction: string;
  readonly count: number;
  readonly user_ids: readonly string[];
}

export interface WireMessage {
  readonly id: string;
  readonly conversation_id: string;
  readonly seq: number;
  readonly ordinal: number;
  readonly version: number;
  readonly sender_id: string;
  readonly content: string;
  readonly parent_id: string | null;
  readonly reply_count: number;
  readonly reactions: readonly WireReaction[];
  readonly pinned_at: string | null;
  readonly pinned_by: string | null;
  readonly edited_at: string | null;
  readonly deleted_at: string | null;
  readonly thread?: { readonly root_id: string; readonly reply_count: number };
}

export interface WireMember {
  readonly user_id: string;
  readonly role: string;
  readonly version: number;
  readonly left_at?: string | null;
}

export interface WireConversation {
  readonly id: string;
  readonly title: string | null;
  readonly head: number;
  readonly last_read_seq: number | null;
  readonly unread_count: number | null;
}

export type WireChange =
  | { readonly version: number; readonly type: "message"; readonly data: WireMessage }
  | { readonly version: number; readonly type: "member"; readonly data: WireMember }
  | { readonly version: number; readonly type: "conversation"; readonly data: WireConversation };

export interface WireChangeSet {
  readonly epoch: string;
  readonly after: number;
  readonly through: number;
  readonly head: number;
  readonly changes: readonly WireChange[];
  readonly has_more: boolean;
  readonly reset: boolean;
}

export interface WireResumed {
  readonly epoch: string;
  readonly conversations: readonly { readonly id: string; readonly head: number }[];
  readonly gone: readonly { readonly id: string; readonly reason: string }[];
  readonly next_cursor: string | null;
}

export interface WireFrame {
  readonly type: string;
  readonly id?: string;
  readonly conversation_id?: string;
  readonly version?: number;
  readonly data: Record<string, unknown>;
}

export interface WireEvent extends WireFrame {
  readonly conversation_id: string;
  readonly version: number;
}

export function isChangeEvent(frame: WireFrame): frame is WireEvent {
  return frame.version !== undefined && frame.conversation_id !== undefined && frame.type.includes(".");
}
