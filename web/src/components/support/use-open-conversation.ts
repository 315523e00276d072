import { onBeforeUnmount, watch, type Ref } from "vue";
import { useErrors } from "../../composables/use-errors.ts";
import { useConversationStore } from "../../stores/conversation.ts";

/** Puts a conversation on screen for as long as the component lives; an empty id is none. */
export function useOpenConversation(id: Readonly<Ref<string>>): void {
  const current = useConversationStore();
  const { attempt } = useErrors();
  watch(
    id,
    (next) => {
      if (next === "") current.leave();
      else void attempt(() => current.open(next));
    },
    { immediate: true },
  );
  onBeforeUnmount(() => current.leave());
}
