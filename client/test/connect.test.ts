import { beforeAll, expect, test } from "vitest";
import { until } from "../../server/test/harness/until.ts";
import { liveWindow } from "../src/store/windows.ts";
import type { Device } from "./harness/device.ts";
import { useTwoPeople } from "./harness/two-people.ts";

const people = useTwoPeople();
let group: string;
beforeAll(async () => {
  group = await people.makeGroup();
});

function shown(device: Device): string[] {
  const { windows, pending } = device.parley.conversation(group).state.value;
  return [...(liveWindow(windows)?.messages ?? []), ...pending.map(({ draft }) => draft)].map(
    ({ content }) => content ?? "",
  );
}

test("a message goes from one to the other, with its ticks, typing and unread count", async () => {
  const [one, other] = [people.deviceOf(people.ada), people.deviceOf(people.grace)];
  await Promise.all([one.parley.ready(), other.parley.ready()]);
  const mine = one.parley.conversation(group);
  const theirs = other.parley.conversation(group);
  await Promise.all([mine.open(), theirs.open()]);
  mine.typing();
  await until(() => theirs.state.value.typing.includes(people.ada.id));
  const sent = mine.send("hello");
  expect(sent.state).toBe("queued");
  expect(shown(one)).toEqual(["hello"]);
  await until(() => shown(other).includes("hello"));
  await until(() => mine.state.value.pending.length === 0);
  expect(shown(one)).toEqual(["hello"]);
  expect(theirs.state.value.typing).toEqual([]);
  await until(() => theirs.state.value.unread === 1 && other.parley.unread.value.messages === 1);
  const message = liveWindow(mine.state.value.windows)?.messages[0];
  if (!message) throw new Error("nothing is held");
  await until(() => mine.receiptOf(message).status === "delivered");
  await theirs.markRead();
  await until(() => mine.receiptOf(message).status === "read" && theirs.state.value.unread === 0);
  expect(mine.state.value.unread).toBe(0);
});
