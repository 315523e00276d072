import type { ConversationHandle, ConversationState } from "@parley/client";
import { useDocumentVisibility, useWindowFocus } from "@vueuse/core";
import { computed, onScopeDispose, ref, watch } from "vue";

interface ReadingDeps {
  readonly handle: ConversationHandle;
  readonly state: () => ConversationState;
  /** Whether the newest message is on screen. */
  readonly isThere: () => boolean;
}

const TELL_MS = 800;

/** Tells the service what was read, and knows where the line above what is unread stands. */
export function useReading({ handle, state, isThere }: ReadingDeps) {
  const isFocused = useWindowFocus();
  const visibility = useDocumentVisibility();
  const isLooking = computed(() => isFocused.value && visibility.value === "visible");
  /** Read up to here when one came: the line stays there until one comes back and there is more. */
  const unreadAfter = ref<number>();
  const unread = computed(() => state().unread ?? 0);
  /** What cannot be told now is told with the next movement. */
  const tell = (seq?: number): void => void handle.markRead(seq).catch(() => undefined);

  const isKnown = computed(() => state().conversation !== undefined && state().unread !== null);
  watch(
    [isKnown, unread],
    ([known, count], [, before]) => {
      // Something new while one was away, or above what is on screen: the line goes there.
      const isNew = count > 0 && (before === undefined || before === 0);
      if (known && isNew && !(isLooking.value && isThere()))
        unreadAfter.value = state().conversation?.last_read_seq ?? undefined;
    },
    { immediate: true },
  );
  watch(
    [isLooking, isThere, unread],
    ([looking, there, count]) => {
      if (looking && there && count > 0) tell();
    },
    { immediate: true },
  );

  let telling: ReturnType<typeof setTimeout> | undefined;
  let furthest = 0;
  /** Up to here it was scrolled. */
  function passed(seq: number): void {
    furthest = Math.max(furthest, seq);
    telling ??= setTimeout(() => {
      telling = undefined;
      if (isLooking.value && unread.value > 0 && furthest > (state().conversation?.last_read_seq ?? 0)) tell(furthest);
    }, TELL_MS);
  }
  onScopeDispose(() => clearTimeout(telling));

  return { unreadAfter, passed };
}
