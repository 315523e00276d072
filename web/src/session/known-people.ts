import type { OwnUser } from "@parley/protocol";
import type { SignIn } from "./sign-in.ts";

const KEY = "parley people";

/** Someone who was signed in on this device, by which sign-in, and under which account their outbox and cache are kept. */
export interface KnownPerson {
  readonly account: string;
  readonly me: OwnUser;
}

/**
 * Who was signed in here: what it takes to open without a network. No token is among it. It outlives the tab, since an
 * installed app is opened anew each time, and goes when someone signs out.
 */
export const knownPeople = {
  get: (by: SignIn): KnownPerson | undefined => read()[nameOf(by)],
  set(by: SignIn, person: KnownPerson): void {
    write({ ...read(), [nameOf(by)]: person });
  },
  forget(by: SignIn): void {
    const { [nameOf(by)]: _, ...others } = read();
    write(others);
  },
};

function nameOf(by: SignIn): string {
  return by.by === "demo" ? `demo ${by.id}` : by.by;
}

function read(): Readonly<Record<string, KnownPerson>> {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "{}") as Record<string, KnownPerson>;
  } catch {
    return {};
  }
}

function write(people: Readonly<Record<string, KnownPerson>>): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(people));
  } catch {
    // Storage is closed to us: there is no opening without a network, then.
  }
}
