import type { ConversationState, Outgoing, Window } from "@parley/client";
import type { Message } from "@parley/protocol";
import { describe, expect, test } from "vitest";
import { rowsOf, windowAt } from "./rows.ts";

const ME = "me";
const NOON = Date.parse("2026-03-03T12:00:00");

function message(seq: number, more: Partial<Message> = {}): Message {
  const created = new Date(NOON + seq * 60_000).toISOString();
  return { id: `m${seq}`, seq, sender_id: "ada", created_at: created, thread_root_id: null, ...more } as Message;
}

function stateOf(window: Window, pending: readonly Outgoing[] = []): ConversationState {
  return { id: "c", windows: [window], pending } as unknown as ConversationState;
}

const outgoing = (id: string): Outgoing => ({
  id,
  to: { conversation_id: "c" },
  draft: { content: "hello" },
  at: NOON + 600_000,
  state: "queued",
});

const NOTHING_UNREAD = { myId: ME, unreadAfter: undefined };

describe("rows", () => {
  test("of one sender soon after each other belong together, until another speaks or time passes", () => {
    const messages = [message(1), message(2), message(3, { sender_id: "bob" }), message(4), message(20)];
    const window = { from: 0, to: Infinity, messages };
    expect(rowsOf(stateOf(window), window, NOTHING_UNREAD).map(({ isGrouped }) => isGrouped)).toEqual([
      false,
      true,
      false,
      false,
      false,
    ]);
  });

  test("say where a day and the conversation begin", () => {
    const messages = [message(1), message(1_000), message(1_001)];
    const window = { from: 0, to: Infinity, messages };
    const rows = rowsOf(stateOf(window), window, NOTHING_UNREAD);
    expect(rows.map(({ beginsDay }) => beginsDay)).toEqual([true, true, false]);
    expect(rows.map(({ isBeginning }) => isBeginning)).toEqual([true, false, false]);
  });

  test("draw one line, above the first message of another that is not read", () => {
    const messages = [message(1), message(2, { sender_id: ME }), message(3), message(4)];
    const window = { from: 0, to: Infinity, messages };
    const rows = rowsOf(stateOf(window), window, { myId: ME, unreadAfter: 1 });
    expect(rows.map(({ isFirstUnread }) => isFirstUnread)).toEqual([false, false, true, false]);
  });

  test("leave out replies, and what is on its way except at the live end; a message that arrives keeps its row", () => {
    const live = { from: 5, to: Infinity, messages: [message(5), message(6, { thread_root_id: "m5" })] };
    const keys = (window: Window, pending: readonly Outgoing[]) =>
      rowsOf(stateOf(window, pending), window, NOTHING_UNREAD).map(({ key }) => key);
    expect(keys(live, [outgoing("m7")])).toEqual(["m5", "m7"]);
    expect(keys({ ...live, messages: [...live.messages, message(7)] }, [outgoing("m7")])).toEqual(["m5", "m7"]);
    expect(keys({ ...live, to: 6 }, [outgoing("m7")])).toEqual(["m5"]);
  });

  test("put in front change nothing behind, except where days and groups meet", () => {
    const older = [message(1), message(2)];
    const newer = [message(3), message(4, { sender_id: "bob" })];
    const few = { from: 3, to: Infinity, messages: newer };
    const all = { from: 0, to: Infinity, messages: [...older, ...newer] };
    const before = rowsOf(stateOf(few), few, NOTHING_UNREAD);
    const after = rowsOf(stateOf(all), all, NOTHING_UNREAD);
    expect(after.length - before.length).toBe(older.length);
    expect(after.at(-1)).toEqual(before.at(-1));
  });
});

test("a seq is shown in the window that holds it, the present in the live one", () => {
  const old: Window = { from: 0, to: 10, messages: [] };
  const live: Window = { from: 50, to: Infinity, messages: [] };
  expect([windowAt([old, live], 7), windowAt([old, live], Infinity), windowAt([old, live], 20)]).toEqual([
    old,
    live,
    undefined,
  ]);
});
