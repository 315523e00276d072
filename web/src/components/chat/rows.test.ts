import type { Outgoing, Window } from "@parley/client";
import type { Message } from "@parley/protocol";
import { describe, expect, test } from "vitest";
import { createRowMaker, windowAt } from "./rows.ts";

const ME = "me";

function message(seq: number, more: Partial<Message> = {}): Message {
  return {
    id: `m${seq}`,
    seq,
    sender_id: "ada",
    created_at: new Date(Date.UTC(2026, 2, 3, 9, seq)).toISOString(),
    thread_root_id: null,
    content_type: "text",
    ...more,
  } as Message;
}

function live(messages: readonly Message[], from = 0): Window {
  return { from, to: Infinity, messages };
}

const OPTIONS = { myId: ME, unreadAfter: undefined };

describe("rows", () => {
  test("group what one person says in a few minutes, and say where a group ends", () => {
    const messages = [message(1), message(2), message(3, { sender_id: "grace" }), message(30, { sender_id: "grace" })];
    const rows = createRowMaker()({ window: live(messages), pending: [] }, OPTIONS);
    expect(rows.map(({ isGrouped }) => isGrouped)).toEqual([false, true, false, false]);
    expect(rows.map(({ endsGroup }) => endsGroup)).toEqual([false, true, true, true]);
  });

  test("begin a day, and the part that is unread", () => {
    const messages = [message(1), message(2, { created_at: "2026-03-05T09:02:00.000Z" }), message(3)];
    const rows = createRowMaker()({ window: live(messages, 0), pending: [] }, { myId: ME, unreadAfter: 2 });
    expect(rows.map(({ beginsDay }) => beginsDay)).toEqual([true, true, true]);
    expect(rows.map(({ isFirstUnread }) => isFirstUnread)).toEqual([false, false, true]);
    expect(rows.map(({ isBeginning }) => isBeginning)).toEqual([true, false, false]);
  });

  test("leave out what is in threads, and what was said and seen already", () => {
    const pending = [
      { id: "m2", draft: {}, at: 0 },
      { id: "m9", draft: {}, at: Date.UTC(2026, 2, 3, 9, 4) },
    ];
    const rows = createRowMaker()(
      {
        window: live([message(1), message(2), message(3, { thread_root_id: "m1" })]),
        pending: pending as unknown as Outgoing[],
      },
      OPTIONS,
    );
    expect(rows.map(({ key }) => key)).toEqual(["m1", "m2", "m9"]);
  });

  test("are not shown before it is known what is above them", () => {
    const rows = createRowMaker()({ window: live([message(1), message(2)], 1), pending: [] }, OPTIONS);
    expect(rows.map(({ key, isGrouped, beginsDay }) => [key, isGrouped, beginsDay])).toEqual([["m2", true, false]]);
  });

  test("are the same objects where nothing has changed", () => {
    const make = createRowMaker();
    const messages = [message(1), message(20), message(40)];
    const [second, third] = make({ window: live(messages, 1), pending: [] }, OPTIONS);
    const edited = messages.with(1, message(20, { content: "other" }));
    const after = make({ window: live([message(0), ...edited]), pending: [] }, OPTIONS);
    expect(after.map(({ key }) => key)).toEqual(["m0", "m1", "m20", "m40"]);
    expect(after[2]).not.toBe(second);
    expect(after[3]).toBe(third);
  });
});

test("rows made after a change are those that would be made anew", () => {
  const make = createRowMaker();
  const senders = ["ada", "grace", ME];
  let messages = Array.from({ length: 12 }, (_, index) =>
    message(20 + index * 3, { sender_id: senders[(index >> 1) % 3] ?? "ada" }),
  );
  const changes: readonly ((held: Message[]) => Message[])[] = [
    (held) => [message(5, { sender_id: "ada" }), message(8), ...held],
    (held) => [...held, message(90, { sender_id: "grace" })],
    (held) => held.with(4, message(held[4]?.seq ?? 0, { content: "edited", sender_id: "grace" })),
    (held) => [...held, message(91, { sender_id: "grace" })],
    (held) => held.toSpliced(6, 1),
    (held) => [message(1), ...held, message(95)],
  ];
  for (const [step, change] of changes.entries()) {
    messages = change(messages);
    const timeline = { window: live(messages, step % 2), pending: [] };
    const options = { myId: ME, unreadAfter: step > 2 ? 50 : undefined };
    expect(make(timeline, options)).toEqual(createRowMaker()(timeline, options));
  }
});

test("the window shown is the live end, or the one with a seq", () => {
  const windows = [{ from: 5, to: 9, messages: [] }, live([], 20)];
  expect(windowAt(windows, Infinity)).toBe(windows[1]);
  expect(windowAt(windows, 7)).toBe(windows[0]);
  expect(windowAt(windows, 12)).toBeUndefined();
});
