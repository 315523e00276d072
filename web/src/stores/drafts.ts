import { useStorage } from "@vueuse/core";
import { defineStore } from "pinia";
import { useMyId } from "../composables/use-parley.ts";

/** What was begun and not sent, by place: a conversation's id, or `thread <root id>`. Kept on this device. */
export const useDraftsStore = defineStore("drafts", () => {
  const kept = useStorage<Record<string, string>>(`parley drafts ${useMyId()}`, {});

  const text = (place: string): string => kept.value[place] ?? "";

  function set(place: string, next: string): void {
    if (text(place) === next) return;
    const { [place]: _, ...others } = kept.value;
    kept.value = next.trim() === "" ? others : { ...others, [place]: next };
  }

  return { text, set };
});
