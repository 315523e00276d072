import type { ConversationHandle, ConversationState } from "@parley/client";
import { defineStore } from "pinia";
import { computed, shallowRef } from "vue";
import { useParley } from "../composables/use-parley.ts";

/** The conversation that is on screen: one at a time. */
export const useConversationStore = defineStore("conversation", () => {
  const parley = useParley();
  const handle = shallowRef<ConversationHandle>();
  const state = shallowRef<ConversationState>();
  const conversation = computed(() => state.value?.conversation);
  let stop: (() => void) | undefined;

  /** Shows a conversation; the one before is left. Rejects where it cannot be loaded. */
  async function open(id: string): Promise<void> {
    if (handle.value?.id === id) return;
    leave();
    const next = parley.conversation(id);
    handle.value = next;
    state.value = next.state.value;
    stop = next.state.subscribe((value) => {
      state.value = value;
    });
    await next.open();
  }

  function leave(): void {
    stop?.();
    handle.value?.close();
    handle.value = undefined;
    state.value = undefined;
  }

  return { handle, state, conversation, open, leave };
});
