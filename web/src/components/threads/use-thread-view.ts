import { useDocumentVisibility, useEventListener, useWindowFocus } from "@vueuse/core";
import { computed, nextTick, ref, watch, type Ref } from "vue";
import type { Row } from "../chat/rows.ts";

interface ThreadViewDeps {
  readonly scroller: Readonly<Ref<HTMLElement | null>>;
  readonly rows: () => readonly Row[];
  /** The reply that the address names. */
  readonly target: () => string | undefined;
  readonly loadOlder: () => Promise<void>;
  /** The newest reply is on screen, and somebody is looking. */
  readonly onSeen: () => void;
}

/** This near to an end, in pixels, counts as there. */
const NEARLY = 40;
const AHEAD = 200;
const TARGET_MS = 2_500;

/** Where in a thread one is: at its newest reply or what is new, staying there while one is; older replies push nothing away. */
export function useThreadView({ scroller, rows, target, loadOlder, onSeen }: ThreadViewDeps) {
  const isFocused = useWindowFocus();
  const visibility = useDocumentVisibility();
  const isAtEnd = ref(true);
  const highlighted = ref<string>();
  const isLooking = computed(() => isFocused.value && visibility.value === "visible");
  let isPlaced = false;

  const rowElement = (key: string) => scroller.value?.querySelector<HTMLElement>(`[data-row="${CSS.escape(key)}"]`);

  function toEnd(): void {
    scroller.value?.scrollTo({ top: scroller.value.scrollHeight });
  }

  function place(): void {
    if (rows().length === 0) return;
    isPlaced = true;
    const unread = rows().find((row) => row.isFirstUnread);
    if (target() !== undefined) void toTarget();
    else if (unread) rowElement(unread.key)?.scrollIntoView({ block: "center" });
    else toEnd();
  }

  /** Shows the reply that the address names, reading back to it if need be. */
  async function toTarget(): Promise<void> {
    const key = target();
    if (key === undefined) return;
    for (let before = -1; !rowElement(key) && rows().length > before;) {
      before = rows().length;
      await loadOlder();
      await nextTick();
    }
    const element = rowElement(key);
    if (!element) return;
    isAtEnd.value = false;
    element.scrollIntoView({ block: "center" });
    highlighted.value = key;
    setTimeout(() => (highlighted.value = undefined), TARGET_MS);
  }

  watch(
    rows,
    async (next, before) => {
      const it = scroller.value;
      const { scrollHeight = 0, scrollTop = 0 } = it ?? {};
      const isPrepended = before !== undefined && before[0]?.key !== next[0]?.key && before.length > 0;
      await nextTick();
      if (!isPlaced) place();
      else if (isAtEnd.value) toEnd();
      else if (isPrepended && it) it.scrollTop = scrollTop + it.scrollHeight - scrollHeight;
    },
    // Before the page changes: what is measured is of before.
    { flush: "pre", immediate: true },
  );
  watch(target, () => void toTarget());

  useEventListener(
    scroller,
    "scroll",
    () => {
      const it = scroller.value;
      if (!it) return;
      isAtEnd.value = it.scrollTop + it.clientHeight >= it.scrollHeight - NEARLY;
      if (it.scrollTop < AHEAD && isPlaced) void loadOlder();
    },
    { passive: true },
  );

  watch([isLooking, isAtEnd, rows], ([looking, atEnd]) => {
    if (looking && atEnd && rows().length > 0) onSeen();
  });

  return { highlighted, isAtEnd, toEnd };
}
