import { ParleyError } from "@parley/protocol";
import { LRUCache } from "lru-cache";
import { addressKey } from "../domain/addresses.ts";
import type { Caller } from "../domain/caller.ts";
import type { ConversationId } from "../domain/ids.ts";
import { chargeOne, refundOne, waitOf, type Rate } from "../domain/rates.ts";

export interface Rates {
  /** Messages of a user. */
  readonly sends: Rate;
  /** Messages of a customer in support; windows longer than a minute are counted in the commit, not here. */
  readonly support: readonly Rate[];
  /** Messages in one conversation. */
  readonly conversation: Rate;
  /** Failed authentications of an address. */
  readonly authFailures: Rate;
  /** Requests and commands of a user. */
  readonly requests: Rate;
  /** The same of an address, whoever they come from. */
  readonly addresses: Rate;
}

export interface RateLimitsDeps {
  /** undefined: nothing is limited. */
  readonly rates: Rates | undefined;
  /** Told of every refusal, by the name of the limit. */
  readonly onRefused?: (limit: string) => void;
  /** Milliseconds of a clock that never jumps. */
  readonly now?: () => number;
}

/**
 * The short windows, counted by this node alone. Each function throws `rate_limited` with the seconds to wait. The host's backend
 * (service tokens) is not limited.
 */
export interface RateLimits {
  /** One request, or one command of a socket. */
  admitRequest(caller: Caller, address: string): void;
  /** One message. A refused one is not counted. */
  admitSend(caller: Caller, conversationId: ConversationId, isSupport: boolean): void;
  /** A message that was admitted was refused for who sent it: outsiders do not use up what a conversation takes. */
  refundSend(caller: Caller, conversationId: ConversationId): void;
  /** Whether this address may still try a token that nobody has seen yet. */
  requireFewFailures(address: string): void;
  countFailure(address: string): void;
}

/** Buckets kept for each limit; the ones used longest ago are dropped, which can only admit more. */
const CAPACITY = 50_000;
const LONGEST_WINDOW_SECONDS = 60;

export function createRateLimits(deps: RateLimitsDeps): RateLimits {
  if (deps.rates === undefined) return UNLIMITED;
  const { rates, now = () => performance.now() } = deps;
  const limit = (name: string, rate: Rate, detail: string): Limit => ({
    name,
    rate,
    detail,
    due: new LRUCache({ max: CAPACITY }),
  });
  const requests = limit("requests", rates.requests, "Too many requests.");
  const addresses = limit("addresses", rates.addresses, "Too many requests from your address.");
  const sends = limit("sends", rates.sends, "You send faster than messages are taken.");
  const conversations = limit(
    "conversation",
    rates.conversation,
    "This conversation gets more messages than it takes.",
  );
  const failures = limit("auth_failures", rates.authFailures, "Too many failed authentications from your address.");
  const support = rates.support
    .filter((rate) => rate.seconds <= LONGEST_WINDOW_SECONDS)
    .map((rate) => limit("support", rate, "You send faster than support takes messages."));

  /** All or none: what one limit refuses is not counted by the others. */
  function admit(counted: readonly (readonly [Limit, string])[]): void {
    const at = now();
    for (const [limit, key] of counted) {
      const wait = waitOf(limit.due.get(key) ?? 0, at, limit.rate);
      if (wait > 0) throw refuse(limit, wait);
    }
    for (const [{ due, rate }, key] of counted) due.set(key, chargeOne(due.get(key) ?? 0, at, rate));
  }

  function refuse(limit: Limit, waitMs: number): ParleyError {
    deps.onRefused?.(limit.name);
    const seconds = Math.ceil(waitMs / 1_000);
    return new ParleyError("rate_limited", {
      detail: `${limit.detail} Try again in ${seconds === 1 ? "a second" : `${seconds} seconds`}.`,
      retryAfterSeconds: seconds,
    });
  }

  return {
    admitRequest(caller, address) {
      if (caller.isService) return;
      admit([
        [requests, caller.userId],
        [addresses, addressKey(address)],
      ]);
    },
    admitSend(caller, conversationId, isSupport) {
      if (caller.isService) return;
      const counted: [Limit, string][] = [
        [sends, caller.userId],
        [conversations, conversationId],
      ];
      if (isSupport && !caller.isStaff)
        counted.push(...support.map((limit): [Limit, string] => [limit, caller.userId]));
      admit(counted);
    },
    refundSend(caller, conversationId) {
      const due = conversations.due.get(conversationId);
      if (!caller.isService && due !== undefined)
        conversations.due.set(conversationId, refundOne(due, conversations.rate));
    },
    requireFewFailures(address) {
      const wait = waitOf(failures.due.get(addressKey(address)) ?? 0, now(), failures.rate);
      if (wait > 0) throw refuse(failures, wait);
    },
    countFailure(address) {
      const key = addressKey(address);
      failures.due.set(key, chargeOne(failures.due.get(key) ?? 0, now(), failures.rate));
    },
  };
}

interface Limit {
  readonly name: string;
  readonly rate: Rate;
  readonly detail: string;
  /** By user, conversation or address: see domain/rates.ts. */
  readonly due: LRUCache<string, number>;
}

const UNLIMITED: RateLimits = {
  admitRequest: () => undefined,
  admitSend: () => undefined,
  refundSend: () => undefined,
  requireFewFailures: () => undefined,
  countFailure: () => undefined,
};
