import { expect, test } from "vitest";
import { isChangeable, sendAtProblem, type ScheduledState } from "./scheduled-messages.ts";

const NOW = new Date("2026-03-01T12:00:00Z");
const inDays = (days: number) => new Date(NOW.getTime() + days * 86_400_000);

test("a message is scheduled for the future, at most a year ahead", () => {
  expect([NOW, inDays(-1)].map((time) => sendAtProblem(time, NOW))).toEqual([
    "Must be in the future",
    "Must be in the future",
  ]);
  expect([new Date(NOW.getTime() + 1), inDays(1), inDays(366)].map((time) => sendAtProblem(time, NOW))).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect(sendAtProblem(inDays(367), NOW)).toMatch(/at most 366 days/);
});

test("what is being sent or was sent cannot be changed", () => {
  const states: ScheduledState[] = ["pending", "sending", "sent", "failed", "cancelled"];
  expect(states.filter(isChangeable)).toEqual(["pending", "failed"]);
});
