import type { ConversationState } from "@parley/client";

export const INBOX_FILTERS = ["open", "unread", "archived"] as const;
export type InboxFilter = (typeof INBOX_FILTERS)[number];

/** The support conversations that a filter lets through, and among them those with a person whose name has the text. In the order they came. */
export function inboxOf(
  states: readonly ConversationState[],
  { filter, query }: { readonly filter: InboxFilter; readonly query: string },
): ConversationState[] {
  const wanted = query.trim().toLocaleLowerCase();
  return states.filter((state) => {
    const { conversation } = state;
    if (conversation?.kind !== "support" || state.gone) return false;
    const isArchived = conversation.archived_at !== null;
    const isThere =
      filter === "unread" ? !isArchived && (state.unread ?? 0) > 0 : isArchived === (filter === "archived");
    const { display_name: name = "", username = "" } = conversation.subject_user ?? {};
    return (
      isThere && [name, username, conversation.title ?? ""].some((text) => text.toLocaleLowerCase().includes(wanted))
    );
  });
}

/** One's own conversation with the team, as its customer. */
export function ownSupport(states: readonly ConversationState[], myId: string): ConversationState | undefined {
  return states.find(({ conversation }) => conversation?.kind === "support" && conversation.subject_user?.id === myId);
}
