import type { ConversationHandle, ConversationState } from "@parley/client";
import type { VirtualizerHandle } from "virtua/vue";
import { computed, nextTick, ref, shallowRef, watch, type Ref } from "vue";
import { createPlaceHolder } from "./hold-place.ts";
import { createRowMaker, windowAt, type Row } from "./rows.ts";
import { useReading } from "./use-reading.ts";

interface TimelineDeps {
  readonly handle: ConversationHandle;
  readonly state: () => ConversationState;
  readonly place: () => string | undefined;
  readonly myId: string;
  readonly list: Readonly<Ref<VirtualizerHandle | null>>;
  /** What scrolls. */
  readonly scroller: Readonly<Ref<HTMLElement | null>>;
  /** It is shown where one was led. */
  readonly onArrived: (row: Row) => void;
}

interface View {
  readonly rows: Row[];
  /** Rows were put in front: the list keeps its place from its end. */
  readonly shift: boolean;
  /** Grows when the rows have nothing to do with those before: another list, then. */
  readonly generation: number;
}

/** This near to an end, in pixels, more is loaded. */
const AHEAD = 2_400;
/** This near to the end counts as there. */
const NEARLY = 8;
const TARGET_MS = 2_500;
const LEADING_MS = 500;

/** What of a conversation is shown, and where: loads what is scrolled to, stays at the end while one is there, and tells what was read. */
export function useTimeline({ handle, state, place, myId, list, scroller, onArrived }: TimelineDeps) {
  /** The seq whose window is shown. */
  const anchor = ref(Infinity);
  const view = shallowRef<View>();
  const target = ref<string>();
  const isAtEnd = ref(true);
  const isPlaced = ref(false);
  const isLoadingOlder = ref(false);
  const shown = computed(() => windowAt(state().windows, anchor.value));
  const isLive = computed(() => shown.value?.to === Infinity);
  const reading = useReading({ handle, state, isThere: () => isPlaced.value && isAtEnd.value && isLive.value });
  let isLoading = false;
  /** It goes to the end for the first time. */
  let isBeginning = false;
  let lastOffset = 0;
  /** The list goes somewhere by itself until then. */
  let leadingUntil = 0;
  const keeper = createPlaceHolder(() => scroller.value);

  const makeRows = createRowMaker();
  const pending = computed(() => state().pending);
  const rows = computed(() =>
    shown.value
      ? makeRows({ window: shown.value, pending: pending.value }, { myId, unreadAfter: reading.unreadAfter.value })
      : undefined,
  );
  watch(rows, show, { immediate: true });

  function show(next: Row[] | undefined): void {
    if (!next) {
      // What was held is void: what comes in its place begins at the end.
      if (view.value && anchor.value !== Infinity) anchor.value = Infinity;
      return;
    }
    const { rows: before = [], generation = 0 } = view.value ?? {};
    if (isPlaced.value && !isAtEnd.value && performance.now() > leadingUntil) keeper.hold();
    const [first] = before;
    const added = first ? next.findIndex(({ key }) => key === first.key) : -1;
    const isSameList = added >= 0 || before.length === 0 || next.some(({ key }) => key === first?.key);
    if (added > 0 && next.at(-1)?.key !== before.at(-1)?.key) {
      // In front and behind at once: the list can keep its place from one end only, so they come one after the other.
      const last = next.findIndex(({ key }) => key === before.at(-1)?.key);
      view.value = { rows: next.slice(0, last + 1), shift: true, generation };
      void nextTick(() => {
        view.value = { rows: next, shift: false, generation };
        void nextTick(settle);
      });
      return;
    }
    view.value = { rows: next, shift: added > 0, generation: isSameList ? generation : generation + 1 };
    void nextTick(settle);
  }

  /** After the rows have changed: the first time to where one begins, later to the end if one was there. */
  function settle(): void {
    if (!list.value || !view.value) return;
    if (!isPlaced.value && view.value.rows.length > 0 && place() === undefined) begin(view.value.rows);
    else if (isPlaced.value && isAtEnd.value && isLive.value) toEnd();
    void loadMore();
  }

  function begin(all: readonly Row[]): void {
    const unread = all.findIndex((row) => row.isFirstUnread);
    leadingUntil = performance.now() + LEADING_MS;
    if (unread > 0) list.value?.scrollToIndex(unread, { align: "start", offset: -AIR });
    else toEnd();
    isBeginning = unread <= 0;
    // Once it has measured what is there.
    requestAnimationFrame(() => {
      isPlaced.value = true;
      look();
    });
  }

  /** At once and once: the list's own way goes on for a while, against whoever scrolls away meanwhile. What grows then calls again. */
  function toEnd(): void {
    const { value: it } = scroller;
    if (it) it.scrollTop = it.scrollHeight;
  }

  /** The list tells of a growth before it is drawn: the end is there afterwards. */
  function stayAtEnd(): void {
    toEnd();
    void nextTick(() => isAtEnd.value && toEnd());
  }

  /** Whether one is at the end. Growing takes nobody away from there: only going back does. */
  function look(): void {
    const { value: it } = list;
    if (!it) return;
    const { scrollOffset: offset } = it;
    const isNearEnd = offset + it.viewportSize >= it.scrollSize - NEARLY;
    if (isNearEnd) isAtEnd.value = true;
    else if (offset < lastOffset - 1 || !isPlaced.value) isAtEnd.value = false;
    else if (offset > lastOffset) isAtEnd.value &&= it.scrollSize - offset - it.viewportSize < it.viewportSize;
    lastOffset = offset;
  }

  function onScroll(): void {
    if (!isPlaced.value) return;
    look();
    void loadMore();
    const last = view.value?.rows[list.value?.findItemIndex(lastOffset + (list.value.viewportSize - 1)) ?? -1];
    if (last?.message) reading.passed(last.message.seq);
  }

  function onResize(): void {
    if (isAtEnd.value && isLive.value && (isPlaced.value || isBeginning)) stayAtEnd();
    else if (isPlaced.value) {
      if (performance.now() > leadingUntil) keeper.hold();
      look();
    }
  }

  /** Pages near what is on screen, one at a time. What fails is tried again with the next movement. */
  async function loadMore(): Promise<void> {
    if (isLoading) return;
    isLoading = true;
    try {
      for (;;) {
        const { value: it } = list;
        const { value: window } = shown;
        if (!it || !window) return;
        // Where there is nothing to show, all of it being in threads, there is no place to be at.
        const isEmpty = view.value?.rows.length === 0;
        if (!isPlaced.value && !isEmpty) return;
        const isNearTop = (isEmpty || it.scrollOffset < AHEAD) && window.from > 0;
        const isNearEnd = it.scrollOffset + it.viewportSize > it.scrollSize - AHEAD && window.to !== Infinity;
        if (!isNearTop && !isNearEnd) return;
        isLoadingOlder.value = isNearTop;
        if (isNearTop) await handle.loadOlder({ before: window.from });
        else await handle.loadNewer({ after: window.to });
        // A page may have nothing to show, as all of it is in threads: then the next one is wanted.
        if (shown.value === window) return;
        await nextTick();
      }
    } catch {
      return;
    } finally {
      isLoading = false;
      isLoadingOlder.value = false;
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
    if (windowAt(state().windows, message.seq) !== shown.value) anchor.value = message.seq;
    await nextTick();
    // Once more, when the list has taken the rows.
    await nextTick();
    const wanted = message.thread_root_id ?? message.id;
    const index = view.value?.rows.findIndex(({ key }) => key === wanted) ?? -1;
    const row = view.value?.rows[index];
    isPlaced.value = true;
    if (!row) return;
    leadingUntil = performance.now() + LEADING_MS;
    list.value?.scrollToIndex(index, { align: "center" });
    target.value = wanted;
    setTimeout(() => (target.value = undefined), TARGET_MS);
    onArrived(row);
  }

  /** Leads to a message by its seq or id; where there is none, to the end. */
  async function lead(to: string): Promise<void> {
    try {
      await jumpTo(to);
    } finally {
      if (!isPlaced.value) await toPresent();
    }
  }
  watch(place, (to) => to !== undefined && void lead(to).catch(() => undefined), { immediate: true });

  async function toPresent(): Promise<void> {
    if (!isLive.value) {
      anchor.value = Infinity;
      if (!shown.value) await handle.loadNewest();
      await nextTick();
      await nextTick();
    }
    isAtEnd.value = true;
    isPlaced.value = true;
    toEnd();
  }
  // What one says is at the end, wherever one was reading.
  watch(
    () => pending.value.length,
    (count, before) => count > before && !isAtEnd.value && void toPresent().catch(() => undefined),
  );

  return { view, target, isAtEnd, isLive, isPlaced, isLoadingOlder, onScroll, onResize, toPresent, lead };
}

/** Above the line of what is unread, a little of what was read shows where one is. */
const AIR = 96;
