import { ParleyError } from "@parley/protocol";
import { expect, test } from "vitest";
import type { Caller } from "../domain/caller.ts";
import type { ConversationId, UserId } from "../domain/ids.ts";
import { createRateLimits, type Rates } from "./rate-limits.ts";

const RATES: Rates = {
  sends: { count: 10, seconds: 1, burst: 60 },
  support: [
    { count: 10, seconds: 60, burst: 10 },
    { count: 5, seconds: 3_600, burst: 5 },
  ],
  conversation: { count: 50, seconds: 1, burst: 50 },
  authFailures: { count: 30, seconds: 60, burst: 30 },
  requests: { count: 100, seconds: 1, burst: 100 },
  addresses: { count: 150, seconds: 1, burst: 150 },
};
const ROOM = "room" as ConversationId;

function callerOf(id: string, flags: Partial<Caller> = {}): Caller {
  return { userId: id as UserId, kind: "human", isAdmin: false, isStaff: false, isService: false, ...flags };
}

function setUp() {
  const clock = { now: 1_000 };
  const refused: string[] = [];
  const limits = createRateLimits({ rates: RATES, now: () => clock.now, onRefused: (limit) => refused.push(limit) });
  return { clock, refused, limits };
}

/** How often `act` is admitted, up to `most`. */
function admitted(act: () => void, most = 1_000): number {
  for (let count = 0; count < most; count += 1) {
    try {
      act();
    } catch (error) {
      if (error instanceof ParleyError && error.code === "rate_limited") return count;
      throw error;
    }
  }
  return most;
}

function refusalOf(act: () => void): ParleyError {
  try {
    act();
  } catch (error) {
    if (error instanceof ParleyError) return error;
  }
  throw new Error("it was admitted");
}

test("a user sends a burst of 60, then 10 a second, whatever the conversation", () => {
  const { limits, clock } = setUp();
  let room = 0;
  const send = (): void => limits.admitSend(callerOf("ada"), `room ${(room += 1)}` as ConversationId, false);
  expect(admitted(send)).toBe(60);
  clock.now += 1_000;
  expect(admitted(send)).toBe(10);
});

test("a conversation takes 50 a second from all its members", () => {
  const { limits, refused } = setUp();
  let user = 0;
  expect(admitted(() => limits.admitSend(callerOf(`user ${(user += 1)}`), ROOM, false))).toBe(50);
  expect(refused).toEqual(["conversation"]);
});

test("a customer in support sends 10 a minute; staff do not mind that", () => {
  const { limits, clock } = setUp();
  const customer = (): void => limits.admitSend(callerOf("customer"), ROOM, true);
  expect(admitted(customer)).toBe(10);
  expect(refusalOf(customer).retryAfterSeconds).toBe(6);
  clock.now += 6_000;
  expect(admitted(customer)).toBe(1);
  expect(admitted(() => limits.admitSend(callerOf("staff", { isStaff: true }), ROOM, true))).toBe(50 - 1);
});

test("what one limit refuses does not count for another", () => {
  const { limits, clock } = setUp();
  const send = (isSupport: boolean) => (): void => limits.admitSend(callerOf("customer"), ROOM, isSupport);
  expect(admitted(send(true))).toBe(10);
  for (let i = 0; i < 100; i += 1) refusalOf(send(true));
  clock.now += 1_000;
  expect(admitted(send(false))).toBe(50);
});

test("the host's backend is not limited", () => {
  const { limits } = setUp();
  const service = callerOf("system", { isService: true });
  expect(admitted(() => limits.admitSend(service, ROOM, true))).toBe(1_000);
  expect(admitted(() => limits.admitRequest(service, "192.0.2.1"))).toBe(1_000);
});

test("requests are limited by user and by address", () => {
  const { limits, refused } = setUp();
  expect(admitted(() => limits.admitRequest(callerOf("ada"), "192.0.2.1"))).toBe(100);
  expect(admitted(() => limits.admitRequest(callerOf("grace"), "192.0.2.1"))).toBe(50);
  expect(admitted(() => limits.admitRequest(callerOf("grace"), "192.0.2.2"))).toBe(50);
  expect(refused).toEqual(["requests", "addresses", "requests"]);
});

test("after 30 failed authentications an address waits, and says how long; others do not", () => {
  const { limits, clock } = setUp();
  for (let i = 0; i < 30; i += 1) {
    limits.requireFewFailures("2001:db8::1");
    limits.countFailure("2001:db8::1");
  }
  expect(refusalOf(() => limits.requireFewFailures("2001:db8::ffff")).retryAfterSeconds).toBe(2);
  limits.requireFewFailures("2001:db8:0:1::1");
  clock.now += 60_000;
  limits.requireFewFailures("2001:db8::1");
});

test("switched off, nothing is limited", () => {
  const limits = createRateLimits({ rates: undefined });
  expect(admitted(() => limits.admitSend(callerOf("ada"), ROOM, true))).toBe(1_000);
});

test("messages of people who are not let in do not use up what a conversation takes", () => {
  const { limits } = setUp();
  for (let outsider = 0; outsider < 20; outsider += 1) {
    const caller = callerOf(`outsider ${outsider}`);
    for (let number = 0; number < 20; number += 1) {
      limits.admitSend(caller, ROOM, false);
      limits.refundSend(caller, ROOM);
    }
  }
  expect(admitted(() => limits.admitSend(callerOf("member"), ROOM, false))).toBe(50);
});
