import type { MarkEvent, Signal } from "@parley/protocol";
import type { ChangeType } from "../../store/changes.ts";

/**
 * What nodes tell each other. All of it is a hint: a message may be lost, doubled, late or out of order, and nothing but a delay
 * comes of it. Plain JSON, so that it can travel.
 */
export type BusMessage = ChangeHint | SignalHint | UserHint | UserChangedHint | EndHint;

/** A change was committed by the node that says so. */
export interface ChangeHint {
  readonly kind: "change";
  readonly conversation_id: string;
  readonly version: number;
  readonly type: ChangeType;
  readonly subject_id: string;
  readonly actor_id: string;
  readonly at: string;
  readonly imported: boolean;
  /** What cannot be read later. */
  readonly reaction?: { readonly reaction: string; readonly count: number };
  readonly thread?: { readonly root_id: string; readonly reply_count: number; readonly last_reply_at: string | null };
}

/** A mark or signal for those who listen to a conversation. */
export interface SignalHint {
  readonly kind: "signal";
  readonly conversation_id: string;
  /** Whose doing it is: their own sockets are told otherwise, or not at all. */
  readonly user_id: string;
  readonly event: MarkEvent | Signal;
}

/** A mark or signal for the sockets of some users, wherever they are connected. */
export interface UserHint {
  readonly kind: "users";
  /** `staff` for all staff who are online. */
  readonly user_ids: readonly string[] | "staff";
  readonly event: MarkEvent | Signal;
}

/** A user has changed what decides about what they and others are told. */
export interface UserChangedHint {
  readonly kind: "user";
  readonly user_id: string;
}

/** A user, or one token of theirs, has lost access: their sockets end. */
export interface EndHint {
  readonly kind: "end";
  readonly user_id: string;
  readonly token_id: string | null;
}

/** One node's end of the bus. */
export interface Bus extends AsyncDisposable {
  /** Whether there may be other nodes: what nobody hears need not be made. */
  readonly hasPeers: boolean;
  /** Tells all other nodes. Must neither throw nor wait; what cannot be sent is dropped. */
  publish(message: BusMessage): void;
  /** Calls `handler` with what other nodes tell, one message after the other. At most once per end. */
  subscribe(handler: (message: BusMessage) => void): void;
}
