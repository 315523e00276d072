import { expect, test } from "vitest";
import { STAFF_MARK, type UserId } from "./ids.ts";
import { deliveryStatus, laterMark, markHolder, NOTHING_READ, unreadCount, type Mark } from "./marks.ts";

const mark = (lastReadSeq: number, lastDeliveredSeq = lastReadSeq, lastReadAt: Date | null = null): Mark => ({
  lastReadSeq,
  lastReadOrdinal: lastReadSeq,
  lastDeliveredSeq,
  lastReadAt,
});

test("unread is what comes after the mark, and never less than nothing", () => {
  expect(unreadCount(5, 2)).toBe(3);
  expect(unreadCount(5, 5)).toBe(0);
  expect(unreadCount(4, 5)).toBe(0);
});

test("the later of two marks never goes back in anything", () => {
  const at = new Date(1);
  expect(laterMark(mark(3), undefined)).toEqual(mark(3));
  expect(laterMark(mark(3, 8, at), mark(5))).toEqual(mark(5, 8, at));
  expect(laterMark(mark(5, 5, at), mark(3, 9))).toEqual(mark(5, 9, at));
  expect(laterMark(NOTHING_READ, NOTHING_READ)).toEqual(NOTHING_READ);
});

test("members have their own mark, staff share one in support, and nobody else has one", () => {
  const user = "u" as UserId;
  expect(markHolder("member", "support", user)).toBe(user);
  expect(markHolder("staff", "support", user)).toBe(STAFF_MARK);
  expect(markHolder("service", "support", user)).toBe(STAFF_MARK);
  expect(markHolder("service", "group", user)).toBeUndefined();
  expect(markHolder("reader", "channel", user)).toBeUndefined();
});

test("a message is sent, delivered, read, and archived with the conversation", () => {
  expect(deliveryStatus(4, mark(3), false)).toBe("sent");
  expect(deliveryStatus(4, mark(3, 4), false)).toBe("delivered");
  expect(deliveryStatus(4, mark(4), false)).toBe("read");
  expect(deliveryStatus(4, mark(0), true)).toBe("archived");
});
