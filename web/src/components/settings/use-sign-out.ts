import { computed } from "vue";
import { useObservable } from "../../composables/use-observable.ts";
import { useMyId, useParley } from "../../composables/use-parley.ts";
import { useSessionStore } from "../../stores/session.ts";

/** Signing out leaves nothing behind on this device: neither what waits to be sent nor what was begun. */
export function useSignOut() {
  const parley = useParley();
  const session = useSessionStore();
  const myId = useMyId();
  const entries = useObservable(parley.outbox.entries);
  /** What would be lost. */
  const waiting = computed(() => entries.value.filter(({ state }) => state !== "sent").length);

  async function signOut(): Promise<void> {
    for (const { id } of entries.value) await parley.outbox.discard(id).catch(() => false);
    for (const name of Object.keys(localStorage))
      if (name.startsWith("parley ") && name.endsWith(` ${myId}`)) localStorage.removeItem(name);
    await session.signOut();
  }

  return { waiting, signOut };
}
