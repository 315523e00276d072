import type { ConversationHandle, ConversationState } from "@parley/client";
import type { VirtualizerHandle } from "virtua/vue";
import { useDocumentVisibility, useWindowFocus } from "@vueuse/core";
import { computed, nextTick, ref, shallowRef, watch, type Ref } from "vue";
import { useMyId } from "../../composables/use-parley.ts";
import { rowsOf, windowAt, type Row } from "./rows.ts";

interface TimelineDeps {
  readonly handle: ConversationHandle;
  readonly state: () => ConversationState;
  readonly place: () => string | undefined;
  readonly list: Readonly<Ref<VirtualizerHandle | null>>;
}

interface View {
  readonly rows: Row[];
  /** Rows were put in front: the list keeps its place from its end. */
  readonly shift: boolean;
}

/** This near to an end, in pixels, more is loaded. */
const AHEAD = 800;
/** This near to the end counts as there. */
const NEARLY = 4;
const TARGET_MS = 2_500;

/** What of a conversation is shown, and where: loads what is scrolled to, stays at the end while one is there, and tells what was read. */
export function useTimeline({ handle, state, place, list }: TimelineDeps) {
  const myId = useMyId();
  const isFocused = useWindowFocus();
  const visibility = useDocumentVisibility();
  /** The seq whose window is shown. */
  const anchor = ref(Infinity);
  const view = shallowRef<View>();
  const target = ref<string>();
  const isAtEnd = ref(true);
  /** Read up to here when it was opened: the line stays where it was until one comes back. */
  const unreadAfter = ref<number>();
  const shown = computed(() => windowAt(state().windows, anchor.value));
  const isLive = computed(() => shown.value?.to === Infinity);
  let isPlaced = false;
  let isLoading = false;

  watch(
    () => state().conversation,
    (conversation) => {
      if (conversation && unreadAfter.value === undefined && (state().unread ?? 0) > 0)
        unreadAfter.value = conversation.last_read_seq ?? undefined;
    },
    { immediate: true },
  );

  const rows = computed(() =>
    shown.value ? rowsOf(state(), shown.value, { myId, unreadAfter: unreadAfter.value }) : undefined,
  );
  watch(
    rows,
    (next, before) => {
      if (!next) return;
      const first = before?.[0]?.key;
      const shift = first !== undefined && next[0]?.key !== first && next.some(({ key }) => key === first);
      view.value = { rows: next, shift };
      void nextTick(settle);
    },
    { immediate: true },
  );

  /** After the rows have changed: the first time to where one begins, later to the end if one was there. */
  function settle(): void {
    if (!list.value || !view.value) return;
    if (isPlaced) {
      if (isAtEnd.value && isLive.value) toEnd();
    } else if (view.value.rows.length > 0) {
      isPlaced = true;
      const unread = view.value.rows.findIndex((row) => row.isFirstUnread);
      if (place() === undefined) {
        if (unread > 0) list.value.scrollToIndex(unread, { align: "center" });
        else toEnd();
      }
    }
    void loadMore();
  }

  function toEnd(): void {
    const last = (view.value?.rows.length ?? 0) - 1;
    if (last >= 0) list.value?.scrollToIndex(last, { align: "end" });
  }

  function onScroll(): void {
    const { value: it } = list;
    if (!it) return;
    isAtEnd.value = it.scrollOffset + it.viewportSize >= it.scrollSize - NEARLY;
    void loadMore();
  }

  function onResize(): void {
    if (isAtEnd.value && isLive.value && isPlaced) toEnd();
  }

  /** Pages near what is on screen, one at a time. What fails is tried again with the next movement. */
  async function loadMore(): Promise<void> {
    const { value: it } = list;
    const { value: window } = shown;
    if (isLoading || !it || !window) return;
    const isNearTop = it.scrollOffset < AHEAD && window.from > 0;
    const isNearEnd = it.scrollOffset + it.viewportSize > it.scrollSize - AHEAD && window.to !== Infinity;
    if (!isNearTop && !isNearEnd) return;
    isLoading = true;
    try {
      if (isNearTop) await handle.loadOlder({ before: window.from });
      else await handle.loadNewer({ after: window.to });
    } catch {
      return;
    } finally {
      isLoading = false;
    }
  }

  async function jumpTo(to: string): Promise<void> {
    const seq = /^\d+$/.test(to) ? Number(to) : undefined;
    const find = () =>
      state()
        .windows.flatMap(({ messages }) => messages)
        .find((message) => message.id === to || message.seq === seq);
    if (!find()) await handle.loadAround(seq ?? to);
    const message = find();
    if (!message) return;
    isAtEnd.value = false;
    isPlaced = true;
    anchor.value = message.seq;
    await nextTick();
    // Once more, when the list has taken the rows.
    await nextTick();
    const index = view.value?.rows.findIndex(({ key }) => key === message.id) ?? -1;
    if (index < 0) return;
    list.value?.scrollToIndex(index, { align: "center" });
    target.value = message.id;
    setTimeout(() => (target.value = undefined), TARGET_MS);
  }
  watch(place, (to) => to !== undefined && void jumpTo(to).catch(() => undefined), { immediate: true });

  async function toPresent(): Promise<void> {
    anchor.value = Infinity;
    isAtEnd.value = true;
    if (!shown.value) await handle.loadNewest();
    await nextTick();
    toEnd();
  }

  const isLooking = computed(() => isFocused.value && visibility.value === "visible");
  watch(
    [isLooking, isAtEnd, () => state().unread, isLive],
    ([looking, atEnd, unread, live]) => {
      // What cannot be told now is told with the next movement.
      if (looking && atEnd && live && unread !== null && unread > 0) handle.markRead().catch(() => undefined);
    },
    { immediate: true },
  );

  return { view, target, isAtEnd, isLive, onScroll, onResize, toPresent };
}
