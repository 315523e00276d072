const KEY = "parley widget";

/** What a tab remembers from page to page: whether the chat is open, and what was begun. */
export interface Memory {
  readonly isOpen: boolean;
  readonly draft: string;
}

const EMPTY: Memory = { isOpen: false, draft: "" };

export const memory = {
  get(): Memory {
    try {
      return { ...EMPTY, ...(JSON.parse(sessionStorage.getItem(KEY) ?? "{}") as Partial<Memory>) };
    } catch {
      return EMPTY;
    }
  },
  set(change: Partial<Memory>): void {
    try {
      sessionStorage.setItem(KEY, JSON.stringify({ ...memory.get(), ...change }));
    } catch {
      // Storage is closed to us: the next page begins anew.
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
