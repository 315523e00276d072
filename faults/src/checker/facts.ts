/** What is known of a run: what clients did, were told and hold, and what the database says. The checker compares these. */

export type Outcome = "acked" | "refused" | "unknown";

/** A message that a client sent, under an id that it chose. */
export interface SendFact {
  readonly id: string;
  readonly client: string;
  readonly conversationId: string;
  readonly content: string;
  readonly isScheduled: boolean;
  /** Of a send: the message was answered. Of a scheduled one: it was taken. */
  outcome: Outcome;
  seq?: number;
  ordinal?: number;
}

/** Something with one value that one client changes: the content of a message, a reaction, a pin. */
export interface Register {
  readonly conversationId: string;
  readonly messageId: string;
  readonly what: "content" | "deleted" | "pinned" | "reaction";
  /** Of a reaction: whose and which. */
  readonly detail?: { readonly userId: string; readonly reaction: string };
  /** The value that was last acknowledged; the first one is that of the message as sent. */
  acked: string;
  /** Values that were asked for and never answered: they may or may not have taken effect, even later. */
  readonly unknown: Set<string>;
}

/** A change that a client was told of live, as it was told. */
export interface Sighting {
  readonly client: string;
  readonly conversationId: string;
  readonly version: number;
  readonly type: string;
  readonly subject: string;
  /** The version that the client held before it, undefined where it held none. */
  readonly held: number | undefined;
}

/** An entry of a `changes` frame. */
export interface Replayed {
  readonly client: string;
  readonly conversationId: string;
  readonly version: number;
  readonly after: number;
}

export interface TrueMessage {
  readonly id: string;
  readonly conversationId: string;
  readonly seq: number;
  readonly ordinal: number;
  readonly content: string;
  readonly isDeleted: boolean;
  readonly isPinned: boolean;
  readonly reactions: readonly string[];
}

export interface TrueChange {
  readonly conversationId: string;
  readonly version: number;
  readonly type: string;
  readonly subject: string;
}

/** What PostgreSQL says, read when nothing moves. */
export interface Truth {
  readonly heads: ReadonlyMap<string, { readonly head: number; readonly messageCount: number }>;
  readonly messages: readonly TrueMessage[];
  readonly changes: readonly TrueChange[];
  readonly scheduled: ReadonlyMap<string, { readonly status: string; readonly isDue: boolean }>;
}

/** What a client holds of a conversation and what a fresh look gives, both put the same way: a line for each thing. */
export interface Comparison {
  readonly client: string;
  readonly conversationId: string;
  readonly held: ReadonlyMap<string, string>;
  readonly fresh: ReadonlyMap<string, string>;
}

export interface UnreadFact {
  readonly client: string;
  readonly conversationId: string;
  readonly lastReadSeq: number;
  readonly unreadCount: number;
  /** The highest seq that a mark of this client was acknowledged for. */
  readonly ackedReadSeq: number;
}

/** A client and who it is to the service. */
export interface Person {
  readonly client: string;
  readonly userId: string;
}

export interface Facts {
  readonly people: readonly Person[];
  /** Who was a member from the first version on, by conversation. */
  readonly founders: ReadonlyMap<string, ReadonlySet<string>>;
  readonly sends: ReadonlyMap<string, SendFact>;
  readonly registers: ReadonlyMap<string, Register>;
  readonly sightings: readonly Sighting[];
  readonly replayed: readonly Replayed[];
  readonly comparisons: readonly Comparison[];
  readonly unread: readonly UnreadFact[];
  readonly truth: Truth;
}

export type Invariant = "I1" | "I2" | "I3" | "I4" | "I5" | "I6" | "I7" | "L";

/** What each invariant says, for whoever reads a report. */
export const INVARIANTS: Readonly<Record<Invariant, string>> = {
  I1: "what was acknowledged is there, once, as it was acknowledged",
  I2: "ordinals and versions have no holes, seqs increase, and no client meets a gap",
  I3: "all members were told the same order",
  I4: "a client that lived through it holds what a fresh one loads",
  I5: "unread counts equal a recount, marks that were acknowledged hold",
  I6: "scheduled messages are sent once",
  I7: "nobody is told of what happened while they were no member",
  L: "the service comes back, and every client with it",
};

export interface Violation {
  readonly invariant: Invariant;
  readonly text: string;
  readonly conversationId?: string;
  /** The message, or whatever else it is about. */
  readonly subject?: string;
  readonly version?: number;
  readonly client?: string;
}
