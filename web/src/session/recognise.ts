import type { GetToken } from "@parley/client";
import { subjectOf } from "./subject.ts";
import type { TokenSource } from "./token-source.ts";

/** Whose connection it is to be. */
export interface Recognised {
  /** Names their outbox and cache on this device; undefined where the token does not say whose it is. */
  readonly account: string | undefined;
  readonly getToken: GetToken;
}

/** A host application that does not answer is away. */
const PATIENCE_MS = 4_000;

/**
 * Finds out whose tokens a source gives, before anything of theirs is opened: some sources say so themselves, the others
 * are asked for a token. Without a network it is who it was the last time (`knownAccount`). Undefined: nobody is signed
 * in. Rejects where the source cannot be asked and nobody is known.
 *
 * Should a later token be another person's, there is none: what one has written is never sent as somebody else.
 */
export async function recognise(
  { account, getToken }: TokenSource,
  knownAccount: string | undefined,
  patienceMs = PATIENCE_MS,
): Promise<Recognised | undefined> {
  if (account !== undefined) return { account, getToken };
  let first: string | null | undefined;
  try {
    first = await inTime(getToken({ renew: false }), patienceMs);
  } catch (error) {
    if (knownAccount === undefined) throw error;
  }
  if (first === null) return undefined;
  const owner = first === undefined ? knownAccount : subjectOf(first);
  return {
    account: owner,
    async getToken(reason) {
      const token = first ?? (await getToken(reason));
      first = undefined;
      return token !== null && owner !== undefined && subjectOf(token) !== owner ? null : token;
    },
  };
}

async function inTime<T>(work: T | Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("There was no answer in time.")), ms);
  });
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
