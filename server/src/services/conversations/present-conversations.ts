import type { Conversation, ConversationEventData, ConversationSummary, Message } from "@parley/protocol";
import { footingOf, isHost, visibleAfterFor } from "../../domain/access.ts";
import type { Caller } from "../../domain/caller.ts";
import { archivedSince, peerOf } from "../../domain/conversations.ts";
import { SYSTEM_USER, type UserId } from "../../domain/ids.ts";
import { laterMark, markHolder, NOTHING_READ, unreadCount } from "../../domain/marks.ts";
import { countMembersOf, type ConversationRow } from "../../store/conversations.ts";
import type { Reader } from "../../store/database.ts";
import type { MarksWriter } from "../../store/marks/marks-writer.ts";
import type { UserRow } from "../../store/users.ts";
import { findViews, type ConversationView, type Viewer } from "../../store/views/conversation-views.ts";
import type { MessagePresenter } from "../messages/present-messages.ts";
import type { Users } from "../people.ts";
import { toUser } from "../present-users.ts";

export interface ConversationPresenterDeps {
  readonly db: Reader;
  readonly messages: Pick<MessagePresenter, "present">;
  readonly users: Pick<Users, "many">;
  readonly marks: Pick<MarksWriter, "pending">;
}

export interface ConversationPresenter {
  /**
   * Conversations as the caller sees them, in the same order, deleted ones too: with unread count, last message (if their history
   * shows it), peer and subject. Whether the caller may know of them was decided before. `db` may be a snapshot.
   */
  present(rows: readonly ConversationRow[], caller: Caller, db?: Reader): Promise<Conversation[]>;
  /** The same from views that are already at hand. */
  presentViews(views: readonly ConversationView[], caller: Caller): Promise<Conversation[]>;
  /** As events carry them: what is the same for everyone. */
  presentShared(rows: readonly ConversationRow[], db?: Reader): Promise<ConversationEventData[]>;
  /** Just enough to name them, in search hits and notifications. */
  summarise(rows: readonly ConversationRow[], caller: Caller): Promise<ConversationSummary[]>;
}

export function createConversationPresenter(deps: ConversationPresenterDeps): ConversationPresenter {
  async function presentViews(views: readonly ConversationView[], caller: Caller): Promise<Conversation[]> {
    const seen = views.map((view) => sightOf(view, caller, deps.marks));
    const [messages, people] = await Promise.all([
      deps.messages.present(
        seen.flatMap(({ lastMessage }) => lastMessage ?? []),
        caller.userId,
      ),
      deps.users.many(
        peopleOf(
          views.map((view) => view.conversation),
          caller,
        ),
      ),
    ]);
    const byId = new Map(messages.map((message) => [message.id, message]));
    return views.map((view, index) => {
      const { lastMessage, unreadCount, lastReadSeq } = seen[index] as Sight;
      const archivedAt = shownArchive(view);
      return {
        ...sharedFields(view.conversation, view.memberCount),
        archived_at: archivedAt?.toISOString() ?? null,
        unread_count: unreadCount,
        last_message: (lastMessage && (byId.get(lastMessage.id) as Message)) ?? null,
        last_read_seq: lastReadSeq,
        ...named(view.conversation, caller, people),
        ...ownSettings(view),
      };
    });
  }

  return {
    presentViews,
    async present(rows, caller, db = deps.db) {
      const views = await findViews(
        db,
        rows.map((row) => row.id),
        viewerOf(caller),
      );
      const byId = new Map(views.map((view) => [view.conversation.id, view]));
      // The rows as they were given: they are what the caller's cursor was taken with.
      const asGiven = rows.flatMap((row) => {
        const view = byId.get(row.id);
        return view ? [{ ...view, conversation: row }] : [];
      });
      return await presentViews(asGiven, caller);
    },
    async presentShared(rows, db = deps.db) {
      if (rows.length === 0) return [];
      const counts = await countMembersOf(
        db,
        rows.map((row) => row.id),
      );
      return rows.map((row) => sharedFields(row, counts.get(row.id) ?? 0));
    },
    async summarise(rows, caller) {
      const people = await deps.users.many(peopleOf(rows, caller));
      return rows.map((row) => ({
        id: row.id,
        kind: row.kind,
        title: row.title,
        space_id: row.spaceId,
        slug: row.slug,
        ...named(row, caller, people),
      }));
    },
  };
}

/** The host's backend sees support conversations as staff do. */
export function viewerOf(caller: Caller): Viewer {
  return { userId: caller.userId, isStaff: caller.isStaff || isHost(caller) };
}

interface Sight {
  readonly lastMessage: ConversationView["lastMessage"];
  readonly unreadCount: number | null;
  readonly lastReadSeq: number | null;
}

function sightOf(view: ConversationView, caller: Caller, marks: ConversationPresenterDeps["marks"]): Sight {
  const { conversation, member, lastMessage } = view;
  const footing = footingOf(caller, conversation, member, view.inSpace);
  if (!footing) return { lastMessage: undefined, unreadCount: null, lastReadSeq: null };
  const isVisible = lastMessage !== undefined && lastMessage.seq > visibleAfterFor(footing, conversation, member);
  const holder = markHolder(footing, conversation.kind, caller.userId);
  // What the caller has just read or sent may not be written yet.
  const mark = holder && laterMark({ ...NOTHING_READ, ...view.mark }, marks.pending(conversation.id, holder));
  return {
    lastMessage: isVisible ? lastMessage : undefined,
    unreadCount: mark ? unreadCount(conversation.messageCount, mark.lastReadOrdinal) : null,
    lastReadSeq: mark?.lastReadSeq ?? null,
  };
}

function shownArchive({ conversation, ownArchive }: ConversationView): Date | null {
  return archivedSince(conversation, conversation.messageCount) ?? archivedSince(ownArchive, conversation.messageCount);
}

function ownSettings({
  member,
  own,
}: ConversationView): Pick<Conversation, "muted_until" | "notification_level" | "hidden"> {
  if (!member) return {};
  return {
    muted_until: own.mutedUntil?.toISOString() ?? null,
    notification_level: own.notificationLevel,
    hidden: own.isHidden,
  };
}

function sharedFields(row: ConversationRow, memberCount: number): ConversationEventData {
  return {
    id: row.id,
    kind: row.kind,
    title: row.title,
    description: row.description === "" ? null : row.description,
    space_id: row.spaceId,
    slug: row.slug,
    visibility: row.visibility,
    settings: {
      require_approval: row.requireApproval,
      history_visibility: row.historyVisibility,
      slow_mode_seconds: row.slowModeSeconds,
      retention_days: row.retentionDays,
      federate: row.federate,
    },
    external_ref: row.externalRef,
    head: row.head,
    version: row.version,
    message_count: row.messageCount,
    last_message_at: row.lastMessageAt?.toISOString() ?? null,
    member_count: memberCount,
    archived_at: archivedSince(row, row.messageCount)?.toISOString() ?? null,
    created_by: row.createdBy === SYSTEM_USER ? null : row.createdBy,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
    ...(row.deletedAt ? { deleted_at: row.deletedAt.toISOString() } : {}),
  };
}

/** The other one of a direct conversation, the person whom a support or system conversation is about. */
function personOf(row: ConversationRow, caller: Caller): UserId | undefined {
  return row.directKey ? peerOf(row.directKey, caller.userId) : (row.subjectUserId ?? undefined);
}

function peopleOf(rows: readonly ConversationRow[], caller: Caller): UserId[] {
  return [...new Set(rows.flatMap((row) => personOf(row, caller) ?? []))];
}

function named(
  row: ConversationRow,
  caller: Caller,
  people: ReadonlyMap<UserId, UserRow>,
): Pick<Conversation, "peer" | "subject_user"> {
  const id = personOf(row, caller);
  const person = id && people.get(id);
  const shown = person ? toUser(person, caller) : null;
  if (row.kind === "direct") return { peer: shown };
  return row.subjectUserId ? { subject_user: shown } : {};
}
