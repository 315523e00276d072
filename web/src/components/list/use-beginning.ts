import type { CreateConversationInput } from "@parley/protocol";
import { ref } from "vue";
import { useRouter } from "vue-router";
import { useErrors } from "../../composables/use-errors.ts";
import { useParley } from "../../composables/use-parley.ts";

/** Makes a conversation and goes there; where it was there already, it only goes there. */
export function useBeginning(onBegun: () => void) {
  const { api } = useParley();
  const { attempt } = useErrors();
  const router = useRouter();
  const isBusy = ref(false);

  async function begin(wanted: CreateConversationInput): Promise<void> {
    isBusy.value = true;
    await attempt(async () => {
      const { id } = await api.createConversation(wanted);
      onBegun();
      await router.push({ name: "conversation", params: { conversationId: id } });
    });
    isBusy.value = false;
  }

  return { isBusy, begin, writeTo: (userId: string) => begin({ kind: "direct", member_ids: [userId] }) };
}
