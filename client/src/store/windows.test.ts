import type { Message, MessagePage } from "@parley/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  holesIn,
  mergeWindow,
  patchMessage,
  putMessage,
  trimWindows,
  windowOfPage,
  type PageAnchor,
  type Window,
} from "./windows.ts";

const message = (seq: number, version = seq): Message =>
  ({ id: `id-${seq}`, seq, version, reactions: [] }) as unknown as Message;

/** What the service answers, of a conversation with these seqs. */
function pageOf(seqs: readonly number[], anchor: PageAnchor, limit: number): MessagePage {
  const { before = Infinity, after = -1 } = anchor;
  const all = seqs.filter((seq) => seq < before && seq > after);
  let taken = anchor.after !== undefined ? all.slice(0, limit) : all.slice(-limit);
  if (anchor.around !== undefined) {
    const place = all.findIndex((seq) => seq >= Number(anchor.around));
    const start = Math.max(0, (place < 0 ? all.length : place) - Math.floor(limit / 2));
    taken = all.slice(Math.min(start, Math.max(0, all.length - limit)), start + limit);
  }
  const [oldest = 0, newest = 0] = [taken[0], taken.at(-1)];
  const hasOlder = taken.length > 0 ? seqs.some((seq) => seq < oldest) : false;
  const hasNewer = taken.length > 0 ? seqs.some((seq) => seq > newest) : false;
  return {
    items: taken.toReversed().map((seq) => message(seq)),
    next_cursor: hasOlder ? "older" : null,
    prev_cursor: hasNewer ? "newer" : null,
  };
}

const conversation = fc
  .uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 30 })
  .map((seqs) => seqs.sort((a, b) => a - b));
const anchors = fc.array(
  fc.oneof(
    fc.constant<PageAnchor>({}),
    fc.integer({ min: 1, max: 61 }).map((before): PageAnchor => ({ before })),
    fc.integer({ min: 0, max: 60 }).map((after): PageAnchor => ({ after })),
    fc.integer({ min: 0, max: 60 }).map((around): PageAnchor => ({ around })),
  ),
  { maxLength: 8 },
);

test("what is held of a conversation is exactly what it has there, whatever pages were read", () => {
  fc.assert(
    fc.property(conversation, anchors, fc.integer({ min: 1, max: 6 }), (seqs, asked, limit) => {
      let windows: readonly Window[] = [];
      for (const anchor of asked) windows = mergeWindow(windows, windowOfPage(pageOf(seqs, anchor, limit), anchor));
      for (const { from, to, messages } of windows) {
        expect(messages.map(({ seq }) => seq)).toEqual(seqs.filter((seq) => seq >= from && seq <= to));
      }
      for (const [index, window] of windows.entries()) {
        const next = windows[index + 1];
        if (next) expect(next.from).toBeGreaterThan(window.to + 1);
      }
    }),
  );
});

test("filling every hole leaves one stretch from the beginning to the present", () => {
  fc.assert(
    fc.property(conversation, anchors, fc.integer({ min: 1, max: 6 }), (seqs, asked, limit) => {
      let windows: readonly Window[] = [];
      for (const anchor of asked) windows = mergeWindow(windows, windowOfPage(pageOf(seqs, anchor, limit), anchor));
      for (let rounds = 0; rounds < 100; rounds++) {
        const [hole] = holesIn(windows);
        if (!hole) break;
        const anchor = hole.before === Infinity ? {} : { before: hole.before };
        windows = mergeWindow(windows, windowOfPage(pageOf(seqs, anchor, limit), anchor));
      }
      expect(holesIn(windows)).toEqual([]);
      expect(windows.map(({ from, to }) => [from, to])).toEqual([[0, Infinity]]);
      expect(windows[0]?.messages.map(({ seq }) => seq)).toEqual(seqs);
    }),
  );
});

const live: Window = { from: 5, to: Infinity, messages: [message(5), message(8)] };

test("a new message is added at the live end alone", () => {
  expect(putMessage([live], message(9))[0]?.messages.map(({ seq }) => seq)).toEqual([5, 8, 9]);
  const past: Window = { from: 1, to: 3, messages: [message(2)] };
  expect(putMessage([past], message(9))).toEqual([past]);
});

test("an older version never replaces a newer one", () => {
  const held = [{ ...live, messages: [message(5, 12), message(8)] }];
  expect(putMessage(held, message(5, 11))).toBe(held);
  expect(putMessage(held, message(5, 13))[0]?.messages[0]?.version).toBe(13);
  expect(mergeWindow(held, live)[0]?.messages[0]?.version).toBe(12);
});

test("a change to what is not held, or that changes nothing, leaves everything as it is", () => {
  const held = [live];
  expect(patchMessage(held, "id-7", (one) => ({ ...one, content: "x" }))).toBe(held);
  expect(patchMessage(held, "id-8", (one) => one)).toBe(held);
});

test("letting go keeps the newest", () => {
  const [kept] = trimWindows([{ from: 0, to: 2, messages: [message(1)] }, live], 1);
  expect(kept).toEqual({ from: 8, to: Infinity, messages: [message(8)] });
  expect(trimWindows([{ from: 0, to: 2, messages: [message(1)] }], 1)).toEqual([]);
});
