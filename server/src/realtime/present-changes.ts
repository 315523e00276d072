import type { ChangeEvent, ConversationEventData, Member, Message, ThreadSummary } from "@parley/protocol";
import { SYSTEM_USER, type ConversationId, type MessageId, type UserId } from "../domain/ids.ts";
import type { MemberPresenter } from "../services/members/present-members.ts";
import type { ConversationPresenter } from "../services/conversations/present-conversations.ts";
import type { MessagePresenter } from "../services/messages/present-messages.ts";
import type { Change, CommittedChange } from "../store/changes.ts";
import { findConversation } from "../store/conversations.ts";
import type { Reader } from "../store/database.ts";
import { findMembers, type MemberRow } from "../store/members.ts";
import { findMessages, type MessageRow } from "../store/messages.ts";
import { Frame } from "./frames.ts";

export interface Presenters {
  readonly messages: Pick<MessagePresenter, "present" | "presentNow">;
  readonly members: Pick<MemberPresenter, "present">;
  readonly conversations: Pick<ConversationPresenter, "presentShared">;
}

/** A change that can be told. */
export interface PresentedChange {
  readonly change: Change;
  readonly frame: Frame;
  /** The message it is about, as far as that was looked at: the history rules may hide it from some. */
  readonly message: MessageRow | undefined;
  /** The member it is about. */
  readonly member: MemberRow | undefined;
}

export interface ChangePresenter {
  /** A change of which everything is at hand; undefined where it takes asking. */
  presentNow(change: CommittedChange, needsMessage: boolean): PresentedChange | undefined;
  /** Changes of one conversation, in order, with one lookup for each kind of thing. What cannot be found is told as skipped. */
  present(conversationId: ConversationId, changes: readonly CommittedChange[]): Promise<PresentedChange[]>;
}

/** Makes events of changes. What the committer did not say is read, as it is now: clients replace what they hold by it. */
export function createChangePresenter(deps: { readonly db: Reader; readonly presenters: Presenters }): ChangePresenter {
  const { db, presenters } = deps;

  async function presentMessages(
    changes: readonly CommittedChange[],
  ): Promise<(change: CommittedChange) => Presentable | undefined> {
    const about = changes.filter((change) => isAboutMessage(change));
    const missing = about.filter((change) => !change.message).map((change) => change.subjectId);
    const found = new Map((await findMessages(db, [...new Set(missing)])).map((row) => [row.id, row]));
    const rowOf = (change: CommittedChange): MessageRow | undefined =>
      change.message ?? found.get(change.subjectId as MessageId);
    const rows = about.flatMap((change) => rowOf(change) ?? []);
    const [shown, threads] = await Promise.all([presenters.messages.present(rows, null), threadsOf(about, rowOf)]);
    const byRow = new Map(rows.map((row, index) => [row, shown[index] as Message]));
    return (change) => {
      const row = rowOf(change);
      const message = row && byRow.get(row);
      const root = isCounted(change) ? row?.threadRootId : undefined;
      return message && { row, message, thread: root ? threads.get(root) : undefined };
    };
  }

  /** How the threads stand now, of replies whose change does not say it: its commit was learnt of from the log. */
  async function threadsOf(
    changes: readonly CommittedChange[],
    rowOf: (change: CommittedChange) => MessageRow | undefined,
  ): Promise<Map<MessageId, CommittedChange["thread"]>> {
    const untold = changes.filter((change) => isCounted(change) && !change.thread);
    const rootIds = new Set(untold.flatMap((change) => rowOf(change)?.threadRootId ?? []));
    const roots = rootIds.size > 0 ? await findMessages(db, [...rootIds]) : [];
    return new Map(roots.map(({ id, replyCount, lastReplyAt }) => [id, { rootId: id, replyCount, lastReplyAt }]));
  }

  async function presentMembers(
    conversationId: ConversationId,
    changes: readonly CommittedChange[],
  ): Promise<(change: CommittedChange) => { row: MemberRow; member: Member } | undefined> {
    const ids = changes.filter(({ type }) => type.startsWith("member.")).map(({ subjectId }) => subjectId as UserId);
    if (ids.length === 0) return () => undefined;
    const rows = await findMembers(db, conversationId, [...new Set(ids)]);
    const shown = await presenters.members.present(rows, null);
    const byId = new Map<string, { row: MemberRow; member: Member }>(
      rows.map((row, index) => [row.userId, { row, member: shown[index] as Member }]),
    );
    return (change) => byId.get(change.subjectId);
  }

  async function presentConversation(
    id: ConversationId,
    changes: readonly CommittedChange[],
  ): Promise<ConversationEventData | undefined> {
    if (!changes.some(({ type }) => type.startsWith("conversation."))) return undefined;
    const row = await findConversation(db, id);
    const [data] = row ? await presenters.conversations.presentShared([row]) : [];
    return data;
  }

  return {
    presentNow(change, needsMessage) {
      const { message } = change;
      if (isMessageEvent(change)) {
        const shown = message && presenters.messages.presentNow(message);
        return shown && tellMessage(change, { row: message, message: shown });
      }
      if (change.reaction && (message || !needsMessage)) return tellReaction(change, change.reaction, message);
      return isPin(change) && message ? tellPin(change, message) : undefined;
    },

    async present(conversationId, changes) {
      const [messages, members, conversation] = await Promise.all([
        presentMessages(changes),
        presentMembers(conversationId, changes),
        presentConversation(conversationId, changes),
      ]);
      return changes.map((change) => {
        const about = messages(change);
        if (about) return tellAboutMessage(change, about);
        const member = members(change);
        if (member)
          return presented(
            change,
            { type: change.type as "member.added", data: member.member },
            { member: member.row },
          );
        if (conversation && change.type.startsWith("conversation.")) return tellConversation(change, conversation);
        return { change, frame: skippedFrame(change), message: undefined, member: undefined };
      });
    },
  };
}

/** Something happened that the receiver may not see, or that nobody can tell any more: its place, so that there is no hole. */
export function skippedFrame({
  conversationId,
  version,
  at,
}: Pick<Change, "conversationId" | "version" | "at">): Frame {
  return new Frame("change", {
    type: "version.skipped",
    conversation_id: conversationId,
    version,
    user_id: null,
    timestamp: at.toISOString(),
    data: {},
  });
}

interface Presentable {
  readonly row: MessageRow;
  readonly message: Message;
  /** How the thread of a reply stands, where the change itself does not say it. */
  readonly thread?: CommittedChange["thread"];
}

function isMessageEvent({ type }: Change): boolean {
  return type.startsWith("message.");
}

/** Where it is about a reply, the thread's root has been touched as well. */
function isCounted(change: Change): boolean {
  return isMessageEvent(change) && change.type !== "message.updated";
}

function isPin({ type }: Change): boolean {
  return type.startsWith("pin.");
}

function isAboutMessage(change: Change): boolean {
  return isMessageEvent(change) || isPin(change) || change.type.startsWith("reaction.");
}

function tellAboutMessage(change: CommittedChange, about: Presentable): PresentedChange {
  if (isMessageEvent(change)) return tellMessage(change, about);
  if (change.reaction) return tellReaction(change, change.reaction, about.row);
  if (isPin(change) && (change.type === "pin.added") === (about.row.pinnedAt !== null))
    return tellPin(change, about.row);
  // Which reaction it was is known no more, but the message says how it stands.
  return presented(change, { type: "message.updated", data: about.message }, { message: about.row });
}

function tellMessage(change: CommittedChange, { row, message, thread = change.thread }: Presentable): PresentedChange {
  const data = thread ? { ...message, thread: summaryOf(thread) } : message;
  return presented(change, { type: messageEventType(change, row), data }, { message: row });
}

type MessageEventType = "message.created" | "message.updated" | "message.deleted" | "message.restored";

/** A row that was read later may say otherwise than the change did: then the client is told how it is. */
function messageEventType(change: CommittedChange, row: MessageRow): MessageEventType {
  const type = change.type as MessageEventType;
  if (type === "message.deleted" && !row.deletedAt) return "message.updated";
  if (type === "message.restored" && row.deletedAt) return "message.updated";
  return type;
}

function summaryOf(thread: NonNullable<CommittedChange["thread"]>): ThreadSummary {
  return {
    root_id: thread.rootId,
    reply_count: thread.replyCount,
    last_reply_at: thread.lastReplyAt?.toISOString() ?? null,
  };
}

function tellReaction(
  change: CommittedChange,
  { reaction, count }: NonNullable<CommittedChange["reaction"]>,
  message: MessageRow | undefined,
): PresentedChange {
  const data = { message_id: change.subjectId, reaction, user_id: change.actorId, count };
  return presented(change, { type: change.type as "reaction.added", data }, { message });
}

function tellPin(change: CommittedChange, row: MessageRow): PresentedChange {
  const data = { message_id: row.id, pinned_at: row.pinnedAt?.toISOString() ?? null, pinned_by: row.pinnedBy };
  return presented(change, { type: change.type as "pin.added", data }, { message: row });
}

function tellConversation(change: CommittedChange, data: ConversationEventData): PresentedChange {
  const type = change.type === "conversation.restored" ? "conversation.updated" : change.type;
  return presented(change, { type: type as "conversation.updated", data }, {});
}

type EventBody = {
  [Type in ChangeEvent["type"]]: Pick<Extract<ChangeEvent, { type: Type }>, "type" | "data">;
}[ChangeEvent["type"]];

function presented(
  change: CommittedChange,
  body: EventBody,
  facts: { message?: MessageRow | undefined; member?: MemberRow },
): PresentedChange {
  const event = {
    type: body.type,
    conversation_id: change.conversationId,
    version: change.version,
    user_id: change.actorId === SYSTEM_USER ? null : change.actorId,
    timestamp: change.at.toISOString(),
    data: body.data,
  } as ChangeEvent;
  return { change, frame: new Frame("change", event), message: facts.message, member: facts.member };
}
