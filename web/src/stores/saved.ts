import type { Message, SavedMessage } from "@parley/protocol";
import { defineStore } from "pinia";
import { computed, shallowRef } from "vue";
import { useParley } from "../composables/use-parley.ts";

/** Messages that one keeps for later: last kept first. */
export const useSavedStore = defineStore("saved", () => {
  const { api } = useParley();
  const items = shallowRef<readonly SavedMessage[]>([]);
  const cursor = shallowRef<string | null>();
  const ids = computed(() => new Set(items.value.map(({ message }) => message.id)));
  const hasMore = computed(() => cursor.value !== null);

  /** The first page, once; then one more each time. */
  async function load(): Promise<void> {
    if (cursor.value === null) return;
    const page = await api.listSavedMessages({ limit: 50, ...(cursor.value ? { cursor: cursor.value } : {}) });
    const known = new Set(page.items.map(({ message }) => message.id));
    items.value = [...items.value.filter(({ message }) => !known.has(message.id)), ...page.items];
    cursor.value = page.next_cursor;
  }

  async function add(message: Message): Promise<void> {
    const saved = await api.saveMessage({ message_id: message.id });
    items.value = [saved, ...items.value];
  }

  async function remove(messageId: string): Promise<void> {
    await api.unsaveMessage({ message_id: messageId });
    items.value = items.value.filter(({ message }) => message.id !== messageId);
  }

  return { items, ids, hasMore, load, add, remove };
});
