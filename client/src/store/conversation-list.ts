import { createCell, type Observable } from "../observable.ts";
import type { ConversationState } from "./state.ts";
import type { Sync } from "./sync.ts";

/** What is unread over all conversations, hidden ones left out. */
export interface UnreadTotals {
  /** Unread messages. */
  readonly messages: number;
  /** Those with something unread. */
  readonly conversations: number;
}

export interface ConversationList {
  readonly conversations: Observable<readonly ConversationState[] | undefined>;
  readonly unread: Observable<UnreadTotals>;
}

/** All that is held, in the order of a conversation list. Changes of one go are told at once. */
export function createConversationList(sync: Sync): ConversationList {
  const conversations = createCell<readonly ConversationState[] | undefined>(undefined);
  const unread = createCell<UnreadTotals>({ messages: 0, conversations: 0 });
  let isPlanned = false;

  function compute(): void {
    isPlanned = false;
    const states = [...sync.replicas.values()].map(({ cell }) => cell.value).filter((state) => !isAside(state));
    const counts = states.map((state) => state.unread ?? 0).filter((count) => count > 0);
    const totals = { messages: counts.reduce((sum, count) => sum + count, 0), conversations: counts.length };
    const { value } = unread;
    if (value.messages !== totals.messages || value.conversations !== totals.conversations) unread.set(totals);
    const known = states.filter(({ conversation }) => conversation !== undefined);
    conversations.set(known.sort((a, b) => (activityOf(a) < activityOf(b) ? 1 : -1)));
  }

  sync.changed.subscribe(() => {
    if (isPlanned) return;
    isPlanned = true;
    queueMicrotask(compute);
  });
  return { conversations, unread };
}

function activityOf({ conversation }: ConversationState): string {
  return conversation?.last_message_at ?? conversation?.created_at ?? "";
}

/** Hidden by oneself, or a public channel that one only looks at. */
function isAside({ conversation }: ConversationState): boolean {
  return conversation?.hidden === true || (conversation?.unread_count === null && conversation.visibility === "public");
}
