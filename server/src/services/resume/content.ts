import type { Message } from "@parley/protocol";
import { LRUCache } from "lru-cache";
import type { ConversationId } from "../../domain/ids.ts";
import { findConversations, type ConversationRow } from "../../store/conversations.ts";
import type { Reader } from "../../store/database.ts";
import type { MemberRow } from "../../store/members.ts";
import type { MessageRow } from "../../store/messages.ts";
import { findMembersTouched, readStretches, type Stretch } from "../../store/stretches.ts";
import type { MessagePresenter } from "../messages/present-messages.ts";

/** Something that changed, before it is decided who may see it. */
export type Entry =
  | { readonly version: number; readonly type: "message"; readonly seq: number; readonly shown: MessageRow | string }
  | { readonly version: number; readonly type: "member"; readonly shown: MemberRow }
  | { readonly version: number; readonly type: "conversation"; readonly shown: ConversationRow };

/**
 * What changed in a conversation after a version, up to its head. Messages that look the same to everyone are text already: one
 * encoding for all who come back.
 */
export interface Content {
  readonly after: number;
  readonly head: number;
  /** Ascending by version; of one version the conversation first, then messages, then members. */
  readonly entries: readonly Entry[];
  /** The seq of the first of the messages; nobody who sees messages from before it misses one. */
  readonly firstSeq: number;
  /** All of it after a version as text, where it looks the same to everyone. */
  readonly alike: Map<number, readonly EncodedChange[]>;
}

/** A change as it goes over the wire. */
export interface EncodedChange {
  readonly version: number;
  /** JSON. */
  readonly text: string;
}

/** A conversation whose content is wanted, as the snapshot has it. */
export interface Wanted extends Stretch {
  readonly head: number;
  /** Of the last change that touched the conversation itself. */
  readonly version: number;
}

/** As read, not yet presented. */
export interface ReadContent extends Wanted {
  readonly messages: readonly MessageRow[];
  readonly members: readonly MemberRow[];
  readonly conversation: ConversationRow | undefined;
}

/** As long as the names of senders are remembered. */
const FRESH_MS = 5_000;
/** Of all that is kept, about. */
const MAX_BYTES = 32 * 1_048_576;
/** Of a row, about; texts count twice, since they are kept as bytes as well. */
const ROW_BYTES = 1_000;

/**
 * What changed in conversations, kept for a moment: their members come back together. Everything that content depends on takes a
 * version, so what was read at a head is true as long as the head is the same, whoever asks; whether they may see it is theirs to
 * have asked in a snapshot with that head.
 */
export class Contents {
  readonly #messages: Pick<MessagePresenter, "present">;
  readonly #kept = new LRUCache<ConversationId, Content>({ maxSize: MAX_BYTES, ttl: FRESH_MS, ttlResolution: 100 });
  #epoch = "";

  constructor(messages: Pick<MessagePresenter, "present">) {
    this.#messages = messages;
  }

  /** What is kept of it, if that is all that is wanted. After another epoch, versions mean other things. */
  find(epoch: string, { conversationId, after, head }: Wanted): Content | undefined {
    if (epoch !== this.#epoch) this.#kept.clear();
    this.#epoch = epoch;
    const content = this.#kept.get(conversationId);
    return content?.head === head && content.after <= after ? content : undefined;
  }

  /** Makes content of what was read, and keeps it. */
  async keep(epoch: string, read: readonly ReadContent[]): Promise<Map<ConversationId, Content>> {
    const alike = read.flatMap(({ messages }) => messages.filter(looksAlike));
    const shown = await this.#messages.present(alike, null);
    const texts = new Map(alike.map((row, index) => [row, encodeMessage(row.version, shown[index] as Message)]));
    const contents = new Map<ConversationId, Content>();
    for (const each of read) {
      const entries = entriesOf(each, texts);
      const content = { after: each.after, head: each.head, entries, firstSeq: firstSeqOf(entries), alike: new Map() };
      contents.set(each.conversationId, content);
      const known = this.#kept.peek(each.conversationId);
      const isOlder = known !== undefined && (known.head > each.head || known.after < each.after);
      if (epoch === this.#epoch && !isOlder) this.#kept.set(each.conversationId, content, { size: sizeOf(entries) });
    }
    return contents;
  }
}

/** Reads contents by three statements at most. `db` must be the snapshot that the heads were read in. */
export async function readContents(db: Reader, wanted: readonly Wanted[]): Promise<ReadContent[]> {
  if (wanted.length === 0) return [];
  const touched = await readStretches(db, wanted);
  const members = await findMembersTouched(
    db,
    wanted.filter(({ conversationId }) => touched.get(conversationId)?.touchesOthers),
  );
  const changed = wanted.filter(({ version, after }) => version > after);
  const conversations = await findConversations(
    db,
    changed.map(({ conversationId }) => conversationId),
  );
  const conversationById = new Map(conversations.map((row) => [row.id, row]));
  const read = new Map(
    wanted.map((each) => [
      each.conversationId,
      {
        ...each,
        messages: touched.get(each.conversationId)?.messages ?? [],
        members: [] as MemberRow[],
        conversation: conversationById.get(each.conversationId),
      },
    ]),
  );
  for (const row of members) read.get(row.conversationId)?.members.push(row);
  return [...read.values()];
}

/** Reactions say whether they are the viewer's; nothing else of a message differs. */
function looksAlike(row: MessageRow): boolean {
  return row.reactionCount === 0;
}

export function encodeMessage(version: number, message: Message): string {
  return JSON.stringify({ version, type: "message", data: message });
}

function entriesOf(read: ReadContent, texts: ReadonlyMap<MessageRow, string>): Entry[] {
  const { conversation, messages, members } = read;
  const entries: Entry[] = [
    ...(conversation ? [{ version: conversation.version, type: "conversation" as const, shown: conversation }] : []),
    ...messages.map((row) => ({
      version: row.version,
      type: "message" as const,
      seq: row.seq,
      shown: texts.get(row) ?? row,
    })),
    ...members.map((row) => ({ version: row.version, type: "member" as const, shown: row })),
  ];
  return entries.sort((a, b) => a.version - b.version);
}

function firstSeqOf(entries: readonly Entry[]): number {
  return Math.min(...entries.map((entry) => (entry.type === "message" ? entry.seq : Number.POSITIVE_INFINITY)));
}

/** Versions that members may hold of a conversation for whom it is kept what they all see. */
const MAX_ALIKE = 4;

/**
 * What has changed after a version for those who see all of it, if all of it looks the same to everyone: the same array each time, so
 * that who encodes it can know it again.
 */
export function alikeAfter({ entries, alike }: Content, after: number): readonly EncodedChange[] | undefined {
  const known = alike.get(after);
  if (known) return known;
  const changes: EncodedChange[] = [];
  for (const { version, shown } of entries) {
    if (version <= after) continue;
    if (typeof shown !== "string") return undefined;
    changes.push({ version, text: shown });
  }
  if (alike.size < MAX_ALIKE) alike.set(after, changes);
  return changes;
}

function sizeOf(entries: readonly Entry[]): number {
  return entries.reduce(
    (sum, { shown }) => sum + (typeof shown === "string" ? 2 * shown.length : ROW_BYTES),
    ROW_BYTES,
  );
}
