import type { Conversation, ConversationListQuery, Page } from "@parley/protocol";
import type { Caller } from "../../domain/caller.ts";
import type { ConversationId } from "../../domain/ids.ts";
import type { Reader } from "../../store/database.ts";
import { activityOf, findViews, listViews, type ConversationView } from "../../store/views/conversation-views.ts";
import { accessOf, conversationNotFound } from "../access.ts";
import { cutPage, decodeCursor, timeAndId } from "../page-cursor.ts";
import { viewerOf, type ConversationPresenter } from "./present-conversations.ts";

export interface GetDeps {
  readonly db: Reader;
  readonly presenter: ConversationPresenter;
}

/** A conversation as the caller sees it. Throws `not_found`. */
export async function get(deps: GetDeps, caller: Caller, id: ConversationId): Promise<Conversation> {
  const [view] = await findViews(deps.db, [id], viewerOf(caller));
  if (!view || !accessOf(caller, view.conversation, view.member, view.inSpace)) throw conversationNotFound();
  const [conversation] = await deps.presenter.presentViews([view], caller);
  return conversation as Conversation;
}

/**
 * The caller's conversations, newest activity first; for staff, all support conversations are among them. Those that are hidden or
 * archived are left out; with `archived` only the archived ones. Throws `validation_failed` for a cursor of another list.
 */
export async function list(deps: GetDeps, caller: Caller, query: ConversationListQuery): Promise<Page<Conversation>> {
  const views = await listViews(deps.db, viewerOf(caller), {
    kind: query.kind ?? null,
    spaceId: query.space_id ?? null,
    archived: query.archived ?? false,
    unread: query.unread ?? false,
    q: query.q ?? null,
    beyond: decodeCursor(query.cursor, timeAndId),
    limit: query.limit + 1,
  });
  const page = cutPage(views, query.limit, positionOf);
  const items = await deps.presenter.presentViews(page.rows, caller);
  // What was read a moment ago may be unread in the tables still; then the page is shorter.
  return {
    items: query.unread ? items.filter((item) => item.unread_count !== 0) : items,
    next_cursor: page.nextCursor,
  };
}

/** Where a conversation stands in a list by activity (timeAndId). */
export function positionOf({ conversation }: ConversationView): [number, string] {
  return [activityOf(conversation).getTime(), conversation.id];
}
