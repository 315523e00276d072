import { connect, ParleyError, type ConnectionState, type Parley } from "@parley/client";
import { createCache } from "@parley/client/cache";
import type { OwnUser } from "@parley/protocol";
import { defineStore } from "pinia";
import { computed, ref, shallowRef } from "vue";
import { knownPeople } from "../session/known-people.ts";
import { recognise } from "../session/recognise.ts";
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
  let entered: SignIn | undefined;

  /** Takes up the sign-in of before a reload, or one that needs no asking. Once, whoever asks first. */
  function restore(): Promise<void> {
    return (restoring ??= (async () => {
      try {
        site.value = await loadSite();
        const signIn = remembered.get() ?? silentSignIn(site.value);
        if (signIn) await enter(signIn, { isNew: false });
      } finally {
        if (phase.value === "starting") phase.value = "signed-out";
      }
    })());
  }

  /** Rejects with a ParleyError where the service does not take it; then nobody is signed in. */
  async function signIn(by: SignIn): Promise<void> {
    await enter(by, { isNew: true });
    if (phase.value !== "signed-in") throw new ParleyError("unauthenticated", "The service did not take this sign-in.");
  }

  /** Who was here before is let in at once, on their word of then: what the service thinks of it comes later. */
  async function enter(by: SignIn, { isNew }: { isNew: boolean }): Promise<void> {
    const source = site.value && sourceOf(by, site.value);
    if (!source) return;
    const known = knownPeople.get(by);
    const person = await recognise(source, known?.account);
    if (!person) {
      await leave(by, known?.account);
      return;
    }
    const { account, getToken } = person;
    const held = known && known.account === account ? known.me : undefined;
    const named = account === undefined ? {} : { account };
    const connected = connect({ url: location.origin, getToken, ...named, cache: createCache() });
    const stop = connected.connection.subscribe((state) => {
      connection.value = state;
    });
    const learn = (user: OwnUser): OwnUser => {
      if (account !== undefined) knownPeople.set(by, { account, me: user });
      return (me.value = user);
    };
    const ask = () => connected.api.getMe().then(learn);
    /** Whoever is refused now is out; whoever is later, when they may be writing, is told so by the connection. */
    async function confirm(): Promise<void> {
      try {
        await ask();
      } catch (error) {
        if (isRefusal(error)) await signOut();
        else await connected.ready().then(ask, () => undefined);
      }
    }
    try {
      if (held && !isNew) void confirm().catch(() => undefined);
      else await ask();
    } catch (error) {
      if (!held || isRefusal(error)) {
        stop();
        connected.close();
        if (!isRefusal(error)) throw error;
        await leave(by, account);
        return;
      }
    }
    me.value ??= held;
    connection.value = connected.connection.value;
    remembered.set(by);
    entered = by;
    parley.value = connected;
    phase.value = "signed-in";
  }

  /** What is held of them here goes with the page. What is in the outbox stays on the device for its owner. */
  async function signOut(): Promise<void> {
    if (entered) knownPeople.forget(entered);
    remembered.forget();
    await parley.value?.clearCache().catch(() => undefined);
    parley.value?.close();
    location.assign("/sign-in");
  }

  return { phase, site, parley, me, connection, isStaff, isAdmin, restore, signIn, signOut };
});

function isRefusal(error: unknown): boolean {
  return error instanceof ParleyError && error.code === "unauthenticated";
}

/** Nobody is signed in there any more: nothing of whoever was is to be seen here. */
async function leave(by: SignIn, account: string | undefined): Promise<void> {
  remembered.forget();
  knownPeople.forget(by);
  if (account === undefined) return;
  const gone = connect({ url: location.origin, account, getToken: () => null, cache: createCache() });
  await gone.clearCache().catch(() => undefined);
  gone.close();
}
