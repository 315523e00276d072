import { connect, ParleyError, type ConnectionState, type Parley } from "@parley/client";
import type { OwnUser } from "@parley/protocol";
import { defineStore } from "pinia";
import { computed, ref, shallowRef } from "vue";
import { remembered } from "../session/remembered.ts";
import { loadSite, type Site } from "../session/site.ts";
import { silentSignIn, sourceOf, type SignIn } from "../session/sign-in.ts";

/**
 * Who is here, and their connection to the service.
 *
 * - `starting`: being found out
 * - `signed-out`: nobody
 * - `signed-in`: `parley` is there, though perhaps not connected
 */
export type SessionPhase = "starting" | "signed-out" | "signed-in";

export const useSessionStore = defineStore("session", () => {
  const phase = ref<SessionPhase>("starting");
  const site = shallowRef<Site>();
  const parley = shallowRef<Parley>();
  const me = shallowRef<OwnUser>();
  const connection = shallowRef<ConnectionState>("connecting");
  const isStaff = computed(() => (me.value?.is_staff ?? false) || isAdmin.value);
  const isAdmin = computed(() => me.value?.is_admin ?? false);

  let restoring: Promise<void> | undefined;

  /** Takes up the sign-in of before a reload, or one that needs no asking. Once, whoever asks first. */
  function restore(): Promise<void> {
    return (restoring ??= (async () => {
      try {
        site.value = await loadSite();
        const signIn = remembered.get() ?? silentSignIn(site.value);
        if (signIn) await enter(signIn);
      } finally {
        if (phase.value === "starting") phase.value = "signed-out";
      }
    })());
  }

  /** Rejects with a ParleyError where the service does not take it; then nobody is signed in. */
  async function signIn(by: SignIn): Promise<void> {
    await enter(by);
    if (phase.value !== "signed-in") throw new ParleyError("unauthenticated", "The service did not take this sign-in.");
  }

  async function enter(by: SignIn): Promise<void> {
    const source = site.value && sourceOf(by, site.value);
    if (!source) return;
    const connected = connect({ url: location.origin, ...source });
    const stop = connected.connection.subscribe((state) => {
      connection.value = state;
    });
    try {
      me.value = await connected.api.getMe();
    } catch (error) {
      stop();
      connected.close();
      if (!(error instanceof ParleyError) || error.code !== "unauthenticated") throw error;
      remembered.forget();
      return;
    }
    connection.value = connected.connection.value;
    remembered.set(by);
    parley.value = connected;
    phase.value = "signed-in";
  }

  /** Everything that is held goes with the page. What is in the outbox stays on the device for its owner. */
  function signOut(): void {
    remembered.forget();
    parley.value?.close();
    location.assign("/sign-in");
  }

  return { phase, site, parley, me, connection, isStaff, isAdmin, restore, signIn, signOut };
});
