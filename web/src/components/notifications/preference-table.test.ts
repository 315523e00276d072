import { expect, test } from "vitest";
import { preferenceOf } from "./preference-table.ts";

test("what was never said is on in the app alone", () => {
  expect(preferenceOf([], null, "mentions", "in_app")).toEqual({ isOn: true, isOwn: false });
  expect(preferenceOf([], "c", "mentions", "email")).toEqual({ isOn: false, isOwn: false });
});

test("what is said for a conversation goes before what is said for everywhere", () => {
  const preferences = [
    { conversation_id: null, type: "mentions", channel: "in_app", enabled: false },
    { conversation_id: "c", type: "mentions", channel: "in_app", enabled: true },
  ] as const;
  expect(preferenceOf(preferences, null, "mentions", "in_app")).toEqual({ isOn: false, isOwn: true });
  expect(preferenceOf(preferences, "d", "mentions", "in_app")).toEqual({ isOn: false, isOwn: false });
  expect(preferenceOf(preferences, "c", "mentions", "in_app")).toEqual({ isOn: true, isOwn: true });
});
