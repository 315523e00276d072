import type { Parley } from "@parley/client";
import { useSessionStore } from "../stores/session.ts";

/** The connection of whoever is signed in. Only for what is behind the sign-in. */
export function useParley(): Parley {
  const { parley } = useSessionStore();
  if (!parley) throw new Error("Nobody is signed in here.");
  return parley;
}

/** One's own id. */
export function useMyId(): string {
  const { me } = useSessionStore();
  if (!me) throw new Error("Nobody is signed in here.");
  return me.id;
}
