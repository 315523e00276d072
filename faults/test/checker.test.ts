import { describe, expect, test } from "vitest";
import { check } from "../src/checker/check.ts";
import type { Facts, Invariant, SendFact, TrueMessage } from "../src/checker/facts.ts";
import { stays } from "../src/checker/membership.ts";

const place = { conversationId: "c" };
const sent = (id: string, seq: number, ordinal: number): SendFact => ({
  ...place,
  id,
  client: "ada",
  content: id,
  isScheduled: false,
  outcome: "acked",
  seq,
  ordinal,
});
const stored = (id: string, seq: number, ordinal: number): TrueMessage => ({
  ...place,
  id,
  seq,
  ordinal,
  content: id,
  isDeleted: false,
  isPinned: false,
  reactions: [],
});
const change = (version: number, type: string, subject: string) => ({ ...place, version, type, subject });

/** Two messages, an edit of the first, and two clients who saw it all. */
function sound() {
  const changes = [
    change(1, "conversation.created", "c"),
    change(2, "message.created", "one"),
    change(3, "message.created", "two"),
    change(4, "message.updated", "one"),
  ];
  return {
    people: [
      { client: "ada", userId: "u1" },
      { client: "grace", userId: "u2" },
    ],
    founders: new Map([["c", new Set(["u1", "u2"])]]),
    sends: new Map([
      ["one", sent("one", 2, 1)],
      ["two", sent("two", 3, 2)],
    ]),
    registers: new Map([
      [
        "content one",
        { ...place, messageId: "one", what: "content" as const, acked: "edited", unknown: new Set<string>() },
      ],
    ]),
    sightings: ["ada", "grace"].flatMap((client) =>
      changes.map((each) => ({ ...each, client, held: each.version - 1 })),
    ),
    replayed: [{ ...place, client: "grace", version: 4, after: 1 }],
    comparisons: [{ ...place, client: "ada", held: new Map([["one", "x"]]), fresh: new Map([["one", "x"]]) }],
    unread: [{ ...place, client: "grace", lastReadSeq: 2, unreadCount: 1, ackedReadSeq: 2 }],
    truth: {
      heads: new Map([["c", { head: 4, messageCount: 2 }]]),
      messages: [{ ...stored("one", 2, 1), content: "edited" }, stored("two", 3, 2)],
      changes,
      scheduled: new Map<string, { status: string; isDue: boolean }>(),
    },
  } satisfies Facts;
}
type Sound = ReturnType<typeof sound>;

/** The invariants that are said to be broken once `damage` is done. */
function broken(damage: (facts: Sound) => Facts): Invariant[] {
  return [...new Set(check(damage(sound())).map(({ invariant }) => invariant))].toSorted();
}
const withTruth = (facts: Sound, truth: Partial<Facts["truth"]>): Facts => ({
  ...facts,
  truth: { ...facts.truth, ...truth },
});
const scheduled = (facts: Sound, outcome: SendFact["outcome"], truth: Partial<Facts["truth"]>): Facts => {
  const later = { ...sent("later", 0, 0), isScheduled: true, outcome };
  return withTruth({ ...facts, sends: new Map([...facts.sends, ["later", later]]) }, truth);
};

describe("the checker", () => {
  test("has nothing to say where all is well", () => {
    expect(check(sound())).toEqual([]);
  });

  test("finds a lost, a moved, a doubled and an invented message", () => {
    expect(broken((facts) => withTruth(facts, { messages: facts.truth.messages.slice(0, 1) }))).toContain("I1");
    expect(broken((facts) => ({ ...facts, sends: new Map([...facts.sends, ["two", sent("two", 9, 2)]]) }))).toEqual([
      "I1",
    ]);
    expect(broken((facts) => withTruth(facts, { messages: [...facts.truth.messages, stored("two", 4, 3)] }))).toContain(
      "I1",
    );
    expect(broken((facts) => ({ ...facts, sends: new Map([["one", sent("one", 2, 1)]]) }))).toEqual(["I1"]);
    expect(
      broken((facts) => ({
        ...facts,
        sends: new Map([...facts.sends, ["two", { ...sent("two", 3, 2), outcome: "refused" as const }]]),
      })),
    ).toEqual(["I1"]);
  });

  test("lets what was not answered be either way, and nothing else", () => {
    const register = (acked: string, unknown: string[]) =>
      new Map([["r", { ...place, messageId: "one", what: "content" as const, acked, unknown: new Set(unknown) }]]);
    expect(broken((facts) => ({ ...facts, registers: register("before", ["edited"]) }))).toEqual([]);
    expect(broken((facts) => ({ ...facts, registers: register("before", ["other"]) }))).toEqual(["I1"]);
    expect(
      broken((facts) => ({
        ...facts,
        sends: new Map([...facts.sends, ["gone", { ...sent("gone", 0, 0), outcome: "unknown" as const }]]),
      })),
    ).toEqual([]);
  });

  test("finds a hole in the log, in the ordinals and in what a client was told", () => {
    expect(
      broken((facts) => withTruth(facts, { changes: facts.truth.changes.filter(({ version }) => version !== 3) })),
    ).toContain("I2");
    expect(broken((facts) => withTruth(facts, { messages: [stored("one", 2, 1), stored("two", 3, 3)] }))).toContain(
      "I2",
    );
    expect(
      broken((facts) => ({
        ...facts,
        sightings: facts.sightings
          .filter(({ version }) => version !== 3)
          .map((each) => ({ ...each, held: Math.min(each.held, 2) })),
      })),
    ).toEqual(["I2"]);
  });

  test("finds another order, another state and a wrong count", () => {
    expect(
      broken((facts) => ({
        ...facts,
        sightings: facts.sightings.map((each) =>
          each.client === "grace" && each.version === 3 ? { ...each, subject: "one" } : each,
        ),
      })),
    ).toEqual(["I3"]);
    expect(
      broken((facts) => ({
        ...facts,
        comparisons: [{ ...place, client: "ada", held: new Map([["one", "x"]]), fresh: new Map([["one", "y"]]) }],
      })),
    ).toEqual(["I4"]);
    expect(
      broken((facts) => ({
        ...facts,
        unread: [{ ...place, client: "grace", lastReadSeq: 2, unreadCount: 0, ackedReadSeq: 2 }],
      })),
    ).toEqual(["I5"]);
    expect(
      broken((facts) => ({
        ...facts,
        unread: [{ ...place, client: "grace", lastReadSeq: 2, unreadCount: 1, ackedReadSeq: 3 }],
      })),
    ).toEqual(["I5"]);
  });

  test("finds scheduled messages that were lost, forgotten or only said to be sent", () => {
    expect(broken((facts) => scheduled(facts, "acked", {}))).toEqual(["I6"]);
    expect(
      broken((facts) =>
        scheduled(facts, "acked", { scheduled: new Map([["later", { status: "pending", isDue: true }]]) }),
      ),
    ).toEqual(["I6"]);
    expect(
      broken((facts) =>
        scheduled(facts, "unknown", { scheduled: new Map([["later", { status: "sent", isDue: false }]]) }),
      ),
    ).toEqual(["I6"]);
    expect(broken((facts) => scheduled(facts, "unknown", {}))).toEqual([]);
  });

  test("finds whoever was told of a time at which they were no member", () => {
    expect(broken((facts) => ({ ...facts, founders: new Map([["c", new Set(["u1"])]]) }))).toEqual(["I7"]);
  });

  test("knows stays by the log", () => {
    const log = [change(3, "member.removed", "u"), change(5, "member.added", "u"), change(6, "member.added", "v")];
    expect(stays(log, "u", true)).toEqual([
      { from: 1, to: 3 },
      { from: 5, to: Number.POSITIVE_INFINITY },
    ]);
    expect(stays(log, "w", false)).toEqual([]);
  });
});
