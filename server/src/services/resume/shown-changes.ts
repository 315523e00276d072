import type { Caller } from "../../domain/caller.ts";
import type { ConversationId } from "../../domain/ids.ts";
import type { ConversationRow } from "../../store/conversations.ts";
import type { MemberRow } from "../../store/members.ts";
import type { MessageRow } from "../../store/messages.ts";
import type { ChangePresenters } from "../changes/conversation-changes.ts";
import { alikeAfter, encodeMessage, type EncodedChange, type Entry } from "./content.ts";
import type { Found } from "./rounds.ts";

/** What one conversation replays. */
export interface Replay {
  readonly conversationId: ConversationId;
  readonly epoch: string;
  readonly after: number;
  /** The head, too: a replay is whole. */
  readonly through: number;
  /** The same array for all who are told the same. */
  readonly changes: readonly EncodedChange[];
  readonly reset: boolean;
}

/**
 * What was found, as the caller sees it: what history hides is left out, and so are other members for guests. What looks different to
 * everyone is looked up for all conversations together; it may be newer than the snapshot, which does no harm: it will be told again.
 */
export async function presentFound(
  presenters: ChangePresenters,
  caller: Caller,
  epoch: string,
  found: readonly Found[],
): Promise<Replay[]> {
  const own = found.flatMap((each) =>
    changesAtHand(each) ? [] : [{ found: each, entries: entriesFor(caller, each) }],
  );
  const textOf = await createTexts(
    presenters,
    caller,
    own.flatMap(({ entries }) => entries),
  );
  const changesOf = new Map<Found, EncodedChange[]>();
  for (const { found: each, entries } of own) {
    const changes = entries.map((entry) => ({ version: entry.version, text: textOf(entry) }));
    changesOf.set(each, changes.filter(hasText));
  }
  return found.map((each) => ({
    conversationId: each.sight.row.id,
    epoch,
    after: each.after,
    through: each.sight.row.head,
    reset: each.content === undefined,
    changes: changesOf.get(each) ?? changesAtHand(each) ?? NOTHING,
  }));
}

const NOTHING: readonly EncodedChange[] = [];

/** What needs no looking up, because it is the same for everyone who sees all of it, as the caller does. */
export function changesAtHand({ sight, after, content }: Found): readonly EncodedChange[] | undefined {
  if (!content) return NOTHING;
  return sight.visibleAfter < content.firstSeq ? alikeAfter(content, after) : undefined;
}

function hasText(change: { version: number; text: string | undefined }): change is EncodedChange {
  return change.text !== undefined;
}

function entriesFor(caller: Caller, { sight, after, content }: Found): Entry[] {
  return (content?.entries ?? []).filter((entry) => {
    if (entry.version <= after) return false;
    if (entry.type === "message") return entry.seq > sight.visibleAfter;
    return entry.type === "conversation" || sight.seesMembers || entry.shown.userId === caller.userId;
  });
}

/** Texts of entries, which are looked up for all of them together where they are not at hand. */
async function createTexts(
  presenters: ChangePresenters,
  caller: Caller,
  entries: readonly Entry[],
): Promise<(entry: Entry) => string | undefined> {
  const messageRows: MessageRow[] = [];
  const memberRows: MemberRow[] = [];
  const conversationRows: ConversationRow[] = [];
  for (const { type, shown } of entries) {
    if (type === "member") memberRows.push(shown);
    else if (type === "conversation") conversationRows.push(shown);
    else if (typeof shown !== "string") messageRows.push(shown);
  }
  if (messageRows.length + memberRows.length + conversationRows.length === 0) return atHand;
  const [messages, members, conversations] = await Promise.all([
    presenters.messages.present(messageRows, caller.userId),
    presenters.members.present(memberRows, caller),
    presenters.conversations.present(conversationRows, caller),
  ]);
  const texts = new Map<Entry["shown"], string>();
  for (const [index, row] of messageRows.entries()) {
    const message = messages[index];
    if (message) texts.set(row, encodeMessage(row.version, message));
  }
  for (const [index, row] of memberRows.entries())
    texts.set(row, JSON.stringify({ version: row.version, type: "member", data: members[index] }));
  const conversationById = new Map(conversations.map((conversation) => [conversation.id, conversation]));
  for (const row of conversationRows) {
    const data = conversationById.get(row.id);
    if (data) texts.set(row, JSON.stringify({ version: row.version, type: "conversation", data }));
  }
  return (entry) => atHand(entry) ?? texts.get(entry.shown);
}

function atHand({ shown }: Entry): string | undefined {
  return typeof shown === "string" ? shown : undefined;
}
