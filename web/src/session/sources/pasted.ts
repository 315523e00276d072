import { subjectOf } from "../subject.ts";
import type { TokenSource } from "../token-source.ts";

/** A token that someone made by hand (`parley token --user ada`): it lasts as long as it lasts. */
export function createPastedSource(token: string): TokenSource {
  const account = subjectOf(token);
  return { ...(account === undefined ? {} : { account }), getToken: ({ renew }) => (renew ? null : token) };
}
