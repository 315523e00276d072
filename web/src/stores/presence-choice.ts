import type { PresenceStatus } from "@parley/protocol";
import { useStorage } from "@vueuse/core";
import { defineStore } from "pinia";
import { computed } from "vue";
import { useMyId, useParley } from "../composables/use-parley.ts";

export const CHOICES = ["online", "away", "busy", "offline"] as const satisfies readonly PresenceStatus[];

/** What one has chosen to be seen as on this device. The service knows it for as long as a connection lasts, so each new one is told. */
export const usePresenceChoiceStore = defineStore("presence-choice", () => {
  const parley = useParley();
  const kept = useStorage<PresenceStatus>(`parley presence ${useMyId()}`, "online");
  let isTold = false;

  function tell(): void {
    // Online is what a connection says by itself.
    if (kept.value === "online" && !isTold) return;
    isTold = true;
    // Without a connection it is told with the next one.
    parley.setPresence(kept.value).catch(() => undefined);
  }
  parley.connection.subscribe((state) => {
    if (state !== "online") return;
    isTold = false;
    tell();
  });
  if (parley.connection.value === "online") tell();

  const choice = computed({
    get: () => kept.value,
    set(next) {
      kept.value = next;
      isTold = true;
      tell();
    },
  });
  return { choice };
});
