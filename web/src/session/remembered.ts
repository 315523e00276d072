import type { SignIn } from "./sign-in.ts";

const KEY = "parley sign-in";

/**
 * How this tab was signed in. It is the tab's own (two tabs may be two people), survives a reload, and ends with the
 * tab; of tokens, only one that was pasted is kept, since it can be had from nowhere else.
 */
export const remembered = {
  get(): SignIn | undefined {
    try {
      const text = sessionStorage.getItem(KEY);
      return text === null ? undefined : (JSON.parse(text) as SignIn);
    } catch {
      return undefined;
    }
  },
  set(signIn: SignIn): void {
    try {
      sessionStorage.setItem(KEY, JSON.stringify(signIn));
    } catch {
      // Storage is closed to us: a reload asks again.
    }
  },
  forget(): void {
    try {
      sessionStorage.removeItem(KEY);
    } catch {
      // There was nothing, then.
    }
  },
};
