import type { ConversationState, UnreadTotals } from "@parley/client";
import type { Space } from "@parley/protocol";
import { useStorage } from "@vueuse/core";
import { defineStore } from "pinia";
import { computed, shallowRef, watch } from "vue";
import { useObservable } from "../composables/use-observable.ts";
import { useParley } from "../composables/use-parley.ts";

export const ONLY = ["all", "unread", "mentions", "archived"] as const;
export const SORTS = ["recent", "name", "unread"] as const;

/** How one looks at the list, on this device. */
export interface Looking {
  only: (typeof ONLY)[number];
  sort: (typeof SORTS)[number];
  /** Sections that are folded, by their ids. */
  folded: readonly string[];
}

const MOST_NOTIFICATIONS = 100;

/** One's conversations and spaces. */
export const useConversationsStore = defineStore("conversations", () => {
  const parley = useParley();
  /** Newest activity first; undefined until they were loaded. */
  const all = useObservable<readonly ConversationState[] | undefined>(parley.conversations);
  const unread = useObservable<UnreadTotals>(parley.unread);
  const present = computed(() => (all.value ?? []).filter(({ gone }) => gone === undefined));
  const byId = computed(() => new Map(present.value.map((state) => [state.id, state])));
  const spaces = shallowRef<readonly Space[]>([]);
  const looking = useStorage<Looking>("parley list", { only: "all", sort: "recent", folded: [] }, undefined, {
    mergeDefaults: true,
  });
  /** By what stands behind a #. */
  const channels = computed(
    () =>
      new Map(
        present.value.flatMap(({ id, conversation }) =>
          conversation?.slug
            ? [[conversation.slug, { id, title: conversation.title ?? conversation.slug }] as const]
            : [],
        ),
      ),
  );
  /** Messages that mention one and were not read, by conversation. */
  const mentioning = shallowRef<ReadonlyMap<string, ReadonlySet<string>>>(new Map());

  async function loadSpaces(): Promise<void> {
    spaces.value = (await parley.api.listSpaces({ limit: 100 })).items;
  }

  async function loadMentions(): Promise<void> {
    const { items } = await parley.api.listNotifications({ unread: "true", limit: MOST_NOTIFICATIONS });
    for (const { type, conversation_id: id, message_id: message } of items)
      if (type === "mentions" && id !== null && message !== null) noteMention(id, message);
  }

  function noteMention(conversationId: string, messageId: string): void {
    const held = mentioning.value.get(conversationId) ?? new Set();
    mentioning.value = new Map([...mentioning.value, [conversationId, new Set([...held, messageId])]]);
  }

  parley.onNotification(({ type, conversation_id: id, message_id: message }) => {
    if (type === "mentions" && id !== null && message !== null) noteMention(id, message);
  });
  // What was read mentions nobody any more.
  watch(present, (states) => {
    const read = states.filter(({ id, unread }) => unread === 0 && mentioning.value.has(id));
    if (read.length === 0) return;
    const gone = new Set(read.map(({ id }) => id));
    mentioning.value = new Map([...mentioning.value].filter(([id]) => !gone.has(id)));
  });

  /** How often one was mentioned in what one has not read. */
  function mentionsIn(state: ConversationState): number {
    const { size } = mentioning.value.get(state.id) ?? new Set();
    return Math.min(size, state.unread ?? 0);
  }

  function fold(section: string, isFolded: boolean): void {
    const others = looking.value.folded.filter((id) => id !== section);
    looking.value = { ...looking.value, folded: isFolded ? [...others, section] : others };
  }

  return { all, present, byId, unread, channels, spaces, looking, loadSpaces, loadMentions, mentionsIn, fold };
});
