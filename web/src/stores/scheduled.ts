import type { ScheduledMessage } from "@parley/protocol";
import { defineStore } from "pinia";
import { shallowRef } from "vue";
import { useParley } from "../composables/use-parley.ts";

type Change = Pick<ScheduledMessage, "content" | "send_at">;

/** One's messages that are to be sent later, next first; with those that could not be. */
export const useScheduledStore = defineStore("scheduled", () => {
  const { api, onMessage } = useParley();
  const items = shallowRef<readonly ScheduledMessage[]>([]);

  // The message of one that was due has its id.
  onMessage(({ id }) => {
    if (items.value.some((item) => item.id === id)) items.value = items.value.filter((item) => item.id !== id);
  });

  async function load(): Promise<void> {
    const [pending, failed] = await Promise.all(
      (["pending", "failed"] as const).map((status) => api.listScheduledMessages({ status, limit: 100 })),
    );
    items.value = [...(failed?.items ?? []), ...(pending?.items ?? [])];
  }

  async function add(conversationId: string, message: Change & { readonly parent_id?: string }): Promise<void> {
    await api.sendMessage({ conversation_id: conversationId, ...message });
    await load();
  }

  async function change(id: string, next: Partial<Change>): Promise<void> {
    const changed = await api.updateScheduledMessage({ scheduled_message_id: id, ...next });
    items.value = items.value
      .map((item) => (item.id === id ? changed : item))
      .toSorted((one, other) => (one.send_at < other.send_at ? -1 : 1));
  }

  async function cancel(id: string): Promise<void> {
    await api.deleteScheduledMessage({ scheduled_message_id: id });
    items.value = items.value.filter((item) => item.id !== id);
  }

  return { items, load, add, change, cancel };
});
