import type { ConversationState, UnreadTotals } from "@parley/client";
import type { Space } from "@parley/protocol";
import { defineStore } from "pinia";
import { computed, shallowRef } from "vue";
import { useObservable } from "../composables/use-observable.ts";
import { useParley } from "../composables/use-parley.ts";

/** One's conversations and spaces. */
export const useConversationsStore = defineStore("conversations", () => {
  const parley = useParley();
  /** Newest activity first; undefined until they were loaded. */
  const all = useObservable<readonly ConversationState[] | undefined>(parley.conversations);
  const unread = useObservable<UnreadTotals>(parley.unread);
  const present = computed(() => (all.value ?? []).filter(({ gone }) => gone === undefined));
  const byId = computed(() => new Map(present.value.map((state) => [state.id, state])));
  const spaces = shallowRef<readonly Space[]>([]);

  async function loadSpaces(): Promise<void> {
    spaces.value = (await parley.api.listSpaces({ limit: 100 })).items;
  }

  return { all, present, byId, unread, spaces, loadSpaces };
});
