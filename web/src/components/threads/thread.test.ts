import type { Message, ThreadPage } from "@parley/protocol";
import { expect, test } from "vitest";
import { threadOf, withMessages, withOlder } from "./thread.ts";

const message = (seq: number, more: Partial<Message> = {}): Message =>
  ({ id: `m${seq}`, seq, version: seq, thread_root_id: "m1", content: "", ...more }) as Message;
const root = message(1, { thread_root_id: null });
const page = (seqs: readonly number[], next: string | null): ThreadPage => ({
  root,
  items: seqs.map((seq) => message(seq)),
  next_cursor: next,
  prev_cursor: null,
});
const seqs = ({ replies }: { readonly replies: readonly Message[] }) => replies.map(({ seq }) => seq);

test("pages come newest first, and are held in order", () => {
  const thread = threadOf(page([9, 8, 7], "older"));
  expect(seqs(thread)).toEqual([7, 8, 9]);
  const whole = withOlder(thread, page([5, 3], null));
  expect(seqs(whole)).toEqual([3, 5, 7, 8, 9]);
  expect(whole.older).toBeNull();
});

test("what comes live is added; what belongs elsewhere or was held newer is not", () => {
  const thread = threadOf(page([5], null));
  const next = withMessages(thread, [
    message(6),
    message(7, { thread_root_id: null }),
    message(8, { thread_root_id: "m2" }),
    message(5, { version: 4, content: "of before" }),
  ]);
  expect(seqs(next)).toEqual([5, 6]);
  expect(next.replies[0]?.content).toBe("");
});

test("an edit and the root replace what was held", () => {
  const thread = threadOf(page([5], null));
  const next = withMessages(thread, [
    message(5, { version: 9, content: "edited" }),
    message(1, { thread_root_id: null, version: 10, reply_count: 4 }),
  ]);
  expect(next.replies[0]?.content).toBe("edited");
  expect(next.root.reply_count).toBe(4);
});

test("a reply from before what is held would leave a gap: it waits for its page", () => {
  const thread = threadOf(page([9, 8], "older"));
  expect(withMessages(thread, [message(4)])).toBe(thread);
});

test("what says nothing new leaves the thread as it is", () => {
  const thread = threadOf(page([9, 8], null));
  expect(withMessages(thread, thread.replies)).toBe(thread);
});
