import type { Change } from "@parley/protocol";
import type { Caller } from "../../domain/caller.ts";
import { cutTouched, type Touched } from "../../domain/changes.ts";
import { findTouchedMembers, readStretch } from "../../store/changes.ts";
import type { ConversationRow } from "../../store/conversations.ts";
import type { Reader } from "../../store/database.ts";
import type { MemberRow } from "../../store/members.ts";
import { findMessages, type MessageRow } from "../../store/messages.ts";
import { mayListMembers, type Access } from "../access.ts";
import type { ConversationPresenter } from "../conversations/present-conversations.ts";
import type { MemberPresenter } from "../members/present-members.ts";
import type { MessagePresenter } from "../messages/present-messages.ts";

/** Versions of the log that one page may read; past that it ends early, with whatever it has found. */
const MAX_SCANNED = 10_000;
const SMALLEST_STRETCH = 200;
const LARGEST_STRETCH = 2_000;

/** Rows that changed, not yet presented. */
export interface ChangedRows {
  readonly conversation: ConversationRow;
  readonly touched: readonly Touched[];
  readonly members: ReadonlyMap<string, MemberRow>;
  readonly messages: ReadonlyMap<string, MessageRow>;
  /** The new cursor. */
  readonly through: number;
  readonly isWhole: boolean;
}

/**
 * What changed in a conversation after a version, as far as the caller may see it: each row once, at the version that it carries,
 * about `limit` of them. `db` must be the snapshot that `access` was read in, so that `through` is true of every row.
 *
 * The log leads to the rows; a row whose version is not the one just read in the log comes later, at its own. The root of a thread
 * carries the version of the reply that touched it, the members of a new conversation that of its creation.
 */
export async function changedRows(db: Reader, access: Access, after: number, limit: number): Promise<ChangedRows> {
  const { conversation, visibleAfter } = access;
  const { touched, members, through } = await collect(db, access, after, limit);
  const isTouched = conversation.version > after && conversation.version <= through;
  // First, since the sort is stable: a client makes the conversation before its members.
  const own: Touched[] = isTouched
    ? [{ version: conversation.version, type: "conversation", id: conversation.id }]
    : [];
  const cut = cutTouched([...own, ...touched], through, limit);
  const messageIds = cut.touched.flatMap(({ type, id }) => (type === "message" ? [id] : []));
  const messages = await findMessages(db, messageIds);
  return {
    conversation,
    touched: cut.touched,
    members,
    messages: new Map(messages.filter((row) => row.seq > visibleAfter).map((row) => [row.id, row])),
    through: cut.through,
    isWhole: cut.isWhole && cut.through >= conversation.head,
  };
}

interface Collected {
  readonly touched: Touched[];
  readonly members: Map<string, MemberRow>;
  readonly through: number;
}

/** Reads the log stretch by stretch until there is enough for a page. */
async function collect(db: Reader, access: Access, after: number, limit: number): Promise<Collected> {
  const { conversation, visibleAfter, caller } = access;
  const scan = Math.min(LARGEST_STRETCH, Math.max(SMALLEST_STRETCH, limit * 2));
  const touched: Touched[] = [];
  const members = new Map<string, MemberRow>();
  let from = after;
  for (let scanned = 0; scanned < MAX_SCANNED && touched.length <= limit; scanned += scan) {
    const stretch = await readStretch(db, conversation.id, from, scan);
    const to = stretch.isLast ? conversation.head : (stretch.through ?? conversation.head);
    for (const { version, id, seq } of stretch.messages)
      if (seq > visibleAfter) touched.push({ version, type: "message", id });
    if (stretch.touchesMembers) {
      for (const row of await findTouchedMembers(db, conversation.id, from, to)) {
        if (row.userId !== caller.userId && !mayListMembers(access)) continue;
        members.set(row.userId, row);
        touched.push({ version: row.version, type: "member", id: row.userId });
      }
    }
    from = to;
    if (stretch.isLast) break;
  }
  return { touched, members, through: from };
}

export interface ChangePresenters {
  readonly messages: Pick<MessagePresenter, "present">;
  readonly members: Pick<MemberPresenter, "present">;
  readonly conversations: Pick<ConversationPresenter, "present">;
}

/** The rows as they go over the wire, ascending by version. What is looked up for it may be newer than the snapshot, which does no harm: it will be told again. */
export async function presentChanges(
  presenters: ChangePresenters,
  rows: ChangedRows,
  caller: Caller,
): Promise<Change[]> {
  const ofType = (type: Touched["type"]): string[] =>
    rows.touched.flatMap((touched) => (touched.type === type ? [touched.id] : []));
  const memberRows = ofType("member").flatMap((id) => rows.members.get(id) ?? []);
  const [messages, members, conversations] = await Promise.all([
    presenters.messages.present([...rows.messages.values()], caller.userId),
    presenters.members.present(memberRows, caller),
    presenters.conversations.present(ofType("conversation").length > 0 ? [rows.conversation] : [], caller),
  ]);
  const messageById = new Map(messages.map((message) => [message.id, message]));
  const memberById = new Map(members.map((member) => [member.user_id, member]));
  const changes: Change[] = [];
  for (const { version, type, id } of rows.touched) {
    const [conversation] = conversations;
    const message = messageById.get(id);
    const member = memberById.get(id);
    if (type === "conversation" && conversation) changes.push({ version, type, data: conversation });
    if (type === "member" && member) changes.push({ version, type, data: member });
    if (type === "message" && message) changes.push({ version, type, data: message });
  }
  return changes;
}

export async function presentDeleted(
  presenters: ChangePresenters,
  conversation: ConversationRow,
  caller: Caller,
): Promise<Change[]> {
  const presented = await presenters.conversations.present([conversation], caller);
  return presented.map((data) => ({ version: conversation.version, type: "conversation", data }));
}

export async function presentLeft(presenters: ChangePresenters, row: MemberRow, caller: Caller): Promise<Change[]> {
  const presented = await presenters.members.present([row], caller);
  return presented.map((data) => ({ version: row.version, type: "member", data }));
}
