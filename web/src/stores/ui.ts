import { useMediaQuery } from "@vueuse/core";
import { defineStore } from "pinia";
import { ref } from "vue";

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: "plain" | "danger";
  /** Until it is answered; others go by themselves. */
  readonly stays: boolean;
  readonly action?: { readonly label: string; readonly run: () => void } | undefined;
}

/** Below this, one pane at a time; the same number is in styles/base.css. */
const NARROW = "(max-width: 47.99rem)";
/** From here on, chat and thread stand side by side. */
const WIDE = "(min-width: 72rem)";
const TOAST_MS = 6_000;

/** What is only about the screen. */
export const useUiStore = defineStore("ui", () => {
  const isNarrow = useMediaQuery(NARROW);
  const isWide = useMediaQuery(WIDE);
  const toasts = ref<Toast[]>([]);
  /** Read aloud by screen readers; not shown. */
  const announcement = ref("");
  let count = 0;

  function toast(text: string, options: Partial<Omit<Toast, "id" | "text">> = {}): void {
    count += 1;
    const next: Toast = { id: count, text, tone: "plain", stays: false, ...options };
    const passing = toasts.value.filter(({ stays }) => !stays);
    const tooMany = new Set(passing.slice(0, -2));
    toasts.value = [...toasts.value.filter((shown) => !tooMany.has(shown)), next];
    if (!next.stays) setTimeout(() => dismiss(next.id), TOAST_MS);
  }

  function dismiss(id: number): void {
    toasts.value = toasts.value.filter((shown) => shown.id !== id);
  }

  function announce(text: string): void {
    // The same text twice is only read again when it changes in between.
    announcement.value = announcement.value === text ? `${text}\u00A0` : text;
  }

  return { isNarrow, isWide, toasts, announcement, toast, dismiss, announce };
});
