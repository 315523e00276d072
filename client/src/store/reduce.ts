import type {
  Change,
  ChangeEvent,
  Conversation,
  ConversationEventData,
  Mark,
  Member,
  Message,
  PinChange,
  ReactionChange,
  ThreadSummary,
} from "@parley/protocol";
import type { ConversationState, Said } from "./state.ts";
import { findMessage, lastMessageUpTo, patchMessage, putMessage } from "./windows.ts";

// Everything here may be applied twice, and in any order with a page that was read meanwhile: rows carry the version
// that last touched them, and an older one never replaces a newer.

/** How many users a reaction names. */
const NAMED_USERS = 20;

/** The state after a live change. `me` is the user who looks. */
export function reduceEvent(state: ConversationState, event: ChangeEvent, me: string): ConversationState {
  const { version } = event;
  switch (event.type) {
    case "message.created":
      return reduceMessage(reduceSending(state, event.data, me), event.data, me);
    case "message.updated":
    case "message.deleted":
    case "message.restored":
      return reduceMessage(state, event.data, me);
    case "reaction.added":
    case "reaction.removed":
      return patch(state, event.data.message_id, version, (message) =>
        reacted(message, event.data, me, event.type === "reaction.added"),
      );
    case "pin.added":
    case "pin.removed":
      return patch(state, event.data.message_id, version, (message) => pinned(message, event.data));
    case "member.added":
    case "member.updated":
    case "member.removed":
      return reduceMember(
        state,
        event.data,
        event.type === "member.added" ? 1 : event.type === "member.removed" ? -1 : 0,
      );
    case "conversation.created":
    case "conversation.updated":
    case "conversation.archived":
    case "conversation.deleted":
      return reduceConversation(state, event.data);
    case "version.skipped":
      return state;
    default:
      // Newer than this client: its version counts, its content does not.
      return state;
  }
}

/** The state after one entry of a catch-up: a row as it is now. */
export function reduceChange(state: ConversationState, change: Change, me: string): ConversationState {
  if (change.type === "message") return reduceMessage(state, change.data, me);
  if (change.type === "member") return reduceMember(state, change.data, 0);
  return reduceConversation(state, change.data);
}

function reduceMessage(state: ConversationState, told: Message, me: string): ConversationState {
  const { thread, ...row } = told;
  const message = withOwnReactions(row, findMessage(state.windows, row.id) ?? lastMessageIf(state, row.id), me);
  const next = {
    ...state,
    windows: putMessage(state.windows, message),
    conversation: withMessage(state.conversation, message),
    readOrdinal: readThrough(state, message),
  };
  return counted(
    thread ? patch(next, thread.root_id, told.version, (root) => ({ ...root, reply_count: replies(thread) })) : next,
  );
}

/** A mark may be told before the message it is at. */
function readThrough({ conversation, readOrdinal }: ConversationState, message: Message): number | null | undefined {
  const isRead = readOrdinal != null && message.seq <= (conversation?.last_read_seq ?? 0);
  return isRead ? Math.max(readOrdinal, message.ordinal) : readOrdinal;
}

const replies = (thread: ThreadSummary): number => thread.reply_count;

/** Who sent the last messages that came, as far back as a mark may have to catch up with. */
const TAIL = 50;

/**
 * Marks move over their owner's own messages without another word, where everything before those was read. Where it was
 * not, the service tells the mark, if it moves. Both ways are unordered, so this is looked at whenever either comes.
 */
export function reduceSending(state: ConversationState, message: Message, me: string): ConversationState {
  const last = state.conversation?.last_message;
  const base = state.tail.at(-1) ?? (last && last.ordinal < message.ordinal ? said(last) : undefined);
  if (base && base.ordinal >= message.ordinal) return state;
  const isNext = base ? base.ordinal === message.ordinal - 1 : message.ordinal === 1;
  const before = state.tail.length > 0 ? state.tail : base ? [base] : [];
  const tail = [...(isNext ? before : []), said(message)].slice(-TAIL);
  const next = { ...state, tail, marksAreUnsure: state.marksAreUnsure || !isNext };
  const mark = next.marks.get(message.sender_id);
  const marked = mark ? reduceMark(next, mark) : next;
  return message.sender_id === me ? ownMessageRead(marked, message) : marked;
}

const said = ({ seq, ordinal, sender_id }: Message): Said => ({ seq, ordinal, senderId: sender_id });

function ownMessageRead(state: ConversationState, { ordinal, seq }: Message): ConversationState {
  const { conversation, readOrdinal } = state;
  if (!conversation || readOrdinal == null || readOrdinal < ordinal - 1) return state;
  const lastRead = Math.max(seq, conversation.last_read_seq ?? 0);
  return {
    ...state,
    readOrdinal: Math.max(readOrdinal, ordinal),
    conversation: { ...conversation, last_read_seq: lastRead },
  };
}

/** The place of a mark, moved over what its owner has said right after it. */
function overOwn({ tail }: ConversationState, userId: string, seq: number): Said | undefined {
  let index = tail.findLastIndex((one) => one.seq <= seq);
  // Before what is remembered: unless that is the very first message, something may lie between.
  if (index < 0 && tail[0]?.ordinal !== 1) return undefined;
  while (tail[index + 1]?.senderId === userId) index += 1;
  return tail[index];
}

function lastMessageIf({ conversation }: ConversationState, id: string): Message | undefined {
  return conversation?.last_message?.id === id ? conversation.last_message : undefined;
}

/** Events are the same for everyone; what is one's own is kept from what was held. */
function withOwnReactions(message: Message, held: Message | undefined, me: string): Message {
  if (message.reactions.every((reaction) => reaction.me !== undefined)) return message;
  const mine = new Set(held?.reactions.filter((reaction) => reaction.me).map(({ reaction }) => reaction));
  const reactions = message.reactions.map((reaction) => ({
    ...reaction,
    me: mine.has(reaction.reaction) || reaction.user_ids.includes(me),
  }));
  return { ...message, reactions };
}

function withMessage(conversation: Conversation | undefined, message: Message): Conversation | undefined {
  if (!conversation) return undefined;
  const last = conversation.last_message;
  if (message.seq < (last?.seq ?? 0) || (message.id === last?.id && message.version < last.version))
    return conversation;
  const isNew = message.ordinal > conversation.message_count;
  return {
    ...conversation,
    last_message: message,
    message_count: Math.max(conversation.message_count, message.ordinal),
    last_message_at: isNew ? message.created_at : conversation.last_message_at,
    // A new message brings it back.
    archived_at: isNew ? null : conversation.archived_at,
    hidden: conversation.hidden && !isNew,
  };
}

/** Changes a message that is held in a window or as the last one, unless it is newer than the change. */
function patch(
  state: ConversationState,
  id: string,
  version: number,
  change: (message: Message) => Message,
): ConversationState {
  const guarded = (message: Message): Message =>
    message.version < version ? { ...change(message), version } : message;
  const windows = patchMessage(state.windows, id, guarded);
  const last = lastMessageIf(state, id);
  const conversation =
    last && state.conversation ? { ...state.conversation, last_message: guarded(last) } : state.conversation;
  return { ...state, windows, conversation };
}

function reacted(
  message: Message,
  { reaction, user_id: userId, count }: ReactionChange,
  me: string,
  isAdded: boolean,
): Message {
  const held = message.reactions.find((other) => other.reaction === reaction);
  const others = (held?.user_ids ?? []).filter((id) => id !== userId);
  const named =
    isAdded && (held?.user_ids.includes(userId) ?? false)
      ? (held?.user_ids ?? [])
      : isAdded
        ? [...others, userId]
        : others;
  const own = userId === me ? isAdded : (held?.me ?? false);
  const entry = { reaction, count, user_ids: named.slice(0, NAMED_USERS), me: own };
  const reactions = held
    ? message.reactions.map((other) => (other === held ? entry : other)).filter((other) => other.count > 0)
    : count > 0
      ? [...message.reactions, entry]
      : message.reactions;
  return { ...message, reactions };
}

/** Whether a reaction names fewer than it could: someone beyond the twentieth has moved up, and only the service knows who. */
export function lacksNames(message: Message): boolean {
  return message.reactions.some(({ count, user_ids }) => user_ids.length < Math.min(count, NAMED_USERS));
}

function pinned(message: Message, { pinned_at, pinned_by }: PinChange): Message {
  return { ...message, pinned_at, pinned_by };
}

function reduceMember(state: ConversationState, row: Member, countBy: -1 | 0 | 1): ConversationState {
  const { left_at: leftAt, ...member } = row;
  const hasLeft = leftAt != null || countBy < 0;
  const held = state.members?.get(member.user_id);
  const conversation =
    countBy !== 0 && state.conversation && state.conversation.head < row.version
      ? { ...state.conversation, member_count: state.conversation.member_count + countBy }
      : state.conversation;
  const marks = new Map(state.marks);
  const isMarked = member.last_read_seq !== null && member.last_delivered_seq !== null;
  if (hasLeft) marks.delete(member.user_id);
  else if (isMarked && !marks.has(member.user_id)) {
    const { user_id, last_read_seq: read, last_delivered_seq: delivered, last_read_at } = member;
    marks.set(user_id, { user_id, last_read_seq: read ?? 0, last_delivered_seq: delivered ?? 0, last_read_at });
  }
  if (!state.members || (held && held.version > member.version)) return { ...state, conversation, marks };
  const members = new Map(state.members);
  if (hasLeft) members.delete(member.user_id);
  else members.set(member.user_id, { ...held, ...member });
  return { ...state, conversation, marks, members };
}

function reduceConversation(state: ConversationState, row: ConversationEventData | Conversation): ConversationState {
  const held = state.conversation;
  if ("last_message" in row) return reduceView(state, row);
  if (!held || held.version > row.version) return state;
  const count = Math.max(held.message_count, row.message_count);
  const at = row.message_count < held.message_count ? held.last_message_at : row.last_message_at;
  // Events are the same for everyone: an archiving of one's own is not in them.
  const archivedAt = isArchivedForAll(held) ? row.archived_at : held.archived_at;
  return {
    ...state,
    conversation: { ...held, ...row, message_count: count, last_message_at: at, archived_at: archivedAt },
  };
}

const isArchivedForAll = ({ kind }: Conversation): boolean => kind === "support" || kind === "channel";

/** The state with what somebody has set for themselves, which no event tells. */
export function reduceOwnSettings(state: ConversationState, view: Conversation): ConversationState {
  const { conversation: held } = state;
  if (!held) return state;
  const { muted_until, notification_level, peer, subject_user, archived_at, hidden } = view;
  // A message that came since has brought it back, or may do so in a moment.
  const putAway = view.message_count === held.message_count ? { archived_at, hidden } : {};
  return {
    ...state,
    conversation: { ...held, muted_until, notification_level, peer, subject_user, ...putAway },
  };
}

/** The state with a conversation as the service shows it to oneself. */
export function reduceView(state: ConversationState, view: Conversation): ConversationState {
  const held = state.conversation;
  const isOlder = held !== undefined && held.head > view.head;
  const merged: Conversation = isOlder
    ? {
        ...(held.version > view.version ? held : view),
        muted_until: view.muted_until,
        notification_level: view.notification_level,
        head: held.head,
        member_count: held.member_count,
        message_count: held.message_count,
        last_message: held.last_message,
        last_message_at: held.last_message_at,
      }
    : view;
  const lastRead = view.last_read_seq === null ? null : Math.max(view.last_read_seq, held?.last_read_seq ?? 0);
  const readOrdinal =
    view.unread_count === null ? null : Math.max(state.readOrdinal ?? 0, view.message_count - view.unread_count);
  return counted({ ...state, conversation: { ...merged, last_read_seq: lastRead }, readOrdinal });
}

/** The state with a mark moved; marks never go backwards. */
export function reduceMark(state: ConversationState, mark: Mark): ConversationState {
  const held = state.marks.get(mark.user_id);
  const isLater = mark.last_read_seq > (held?.last_read_seq ?? 0);
  const told = Math.max(mark.last_read_seq, held?.last_read_seq ?? 0);
  const read = Math.max(told, overOwn(state, mark.user_id, told)?.seq ?? 0);
  const moved: Mark = {
    user_id: mark.user_id,
    last_read_seq: read,
    // Reading implies having received.
    last_delivered_seq: Math.max(mark.last_delivered_seq, read, held?.last_delivered_seq ?? 0),
    last_read_at: isLater ? mark.last_read_at : (held?.last_read_at ?? mark.last_read_at),
  };
  return { ...state, marks: new Map(state.marks).set(mark.user_id, moved) };
}

/**
 * The state with one's own reading moved. Which message the mark is at is best known here; the count that was told is
 * of the moment of telling. Answers undefined where neither can be made out, and the service has to be asked.
 */
export function reduceOwnRead(state: ConversationState, told: number, me: string): ConversationState | undefined {
  const held = overOwn(state, me, told) ?? lastMessageUpTo(state.windows, told) ?? lastReadIsLast(state, told);
  if (!held) return undefined;
  const seq = Math.max(told, held.seq);
  const conversation = state.conversation && {
    ...state.conversation,
    last_read_seq: Math.max(seq, state.conversation.last_read_seq ?? 0),
  };
  return counted({ ...state, conversation, readOrdinal: Math.max(state.readOrdinal ?? 0, held.ordinal) });
}

function lastReadIsLast({ conversation }: ConversationState, seq: number): Message | undefined {
  const last = conversation?.last_message;
  return last && last.seq <= seq ? last : undefined;
}

/** Unread is always counted, never stepped. */
function counted(state: ConversationState): ConversationState {
  const { conversation, readOrdinal } = state;
  if (!conversation || readOrdinal === undefined) return state;
  const unread = readOrdinal === null ? null : Math.max(0, conversation.message_count - readOrdinal);
  return {
    ...state,
    unread,
    conversation: unread === conversation.unread_count ? conversation : { ...conversation, unread_count: unread },
  };
}

/** Whether one may see other messages after it than before: then what is held is not to be trusted. */
export function changesSight(state: ConversationState, event: ChangeEvent, me: string): boolean {
  const before = state.conversation?.settings.history_visibility;
  if (before === undefined) return false;
  if (event.type === "conversation.updated") return before !== event.data.settings.history_visibility;
  return event.type === "member.updated" && event.data.user_id === me && before !== "all";
}
