import type { Message } from "@parley/protocol";
import { useStorage } from "@vueuse/core";
import { defineStore } from "pinia";
import { computed, shallowReactive } from "vue";
import { useMyId, useParley } from "../composables/use-parley.ts";
import { useConversationsStore } from "./conversations.ts";

type Said = Pick<Message, "id" | "sender_id" | "conversation_id">;

/** Whom one does not want to hear from. What they write where others write too still comes, and is hidden here. */
export const useBlocksStore = defineStore("blocks", () => {
  const parley = useParley();
  const conversations = useConversationsStore();
  /** Kept on this device, so that nothing of them is seen until they are known. */
  const kept = useStorage<string[]>(`parley blocks ${useMyId()}`, []);
  const ids = computed(() => new Set(kept.value));
  /** Messages that one wanted to see all the same, by their ids. */
  const shown = shallowReactive(new Set<string>());
  void import("./following-blocks.ts").then(({ followBlocks }) => followBlocks(parley, kept)).catch(() => undefined);

  /** Whether somebody blocked has said it; between two, where one goes of one's own will, that hides nothing. */
  function isBlocked({ sender_id: sender, conversation_id: id }: Said): boolean {
    return ids.value.has(sender) && conversations.byId.get(id)?.conversation?.kind !== "direct";
  }

  return {
    isBlocked,
    hides: (message: Said | undefined): boolean =>
      message !== undefined && isBlocked(message) && !shown.has(message.id),
    show: ({ id }: Said): void => void shown.add(id),
  };
});
