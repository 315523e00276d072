import { useStorage } from "@vueuse/core";
import { defineStore } from "pinia";
import { useMyId } from "../composables/use-parley.ts";

const MOST = 30;

/** The conversations one was in on this device, the last one first. */
export const useRecentsStore = defineStore("recents", () => {
  const ids = useStorage<string[]>(`parley recents ${useMyId()}`, []);

  function visit(id: string): void {
    if (ids.value[0] === id) return;
    ids.value = [id, ...ids.value.filter((other) => other !== id)].slice(0, MOST);
  }

  return { ids, visit };
});
