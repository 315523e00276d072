import * as fc from "fast-check";
import { expect, test } from "vitest";
import { archivedSince, checkUpdate, directKey, firstMembers, peerOf } from "./conversations.ts";
import type { UserId } from "./ids.ts";
import { PERMISSIONS } from "./permissions.ts";

const userId = fc.uuid({ version: 7 }) as fc.Arbitrary<UserId>;

test("both people of a direct conversation have the same key for it, and it leads each to the other", () => {
  fc.assert(
    fc.property(userId, userId, (one, other) => {
      fc.pre(one !== other);
      const key = directKey(one, other);
      expect(directKey(other, one)).toBe(key);
      expect([peerOf(key, one), peerOf(key, other)]).toEqual([other, one]);
      expect(peerOf(key, "0195c9a0-0000-4000-8000-000000000000" as UserId)).toBeUndefined();
    }),
  );
});

test("what is archived stays so until there are more messages than there were", () => {
  const archivedAt = new Date();
  expect(archivedSince({ archivedAt, archivedOrdinal: 3 }, 3)).toBe(archivedAt);
  expect(archivedSince({ archivedAt, archivedOrdinal: 3 }, 4)).toBeNull();
  expect(archivedSince({ archivedAt: null, archivedOrdinal: null }, 0)).toBeNull();
  expect(archivedSince({ archivedAt, archivedOrdinal: 0 }, 0)).toBe(archivedAt);
});

test("whoever makes a conversation owns it, guests stay guests, and a system's reader only reads", () => {
  const [one, other] = ["a", "b"] as UserId[] as [UserId, UserId];
  expect(firstMembers("group", one, [other]).map(({ role }) => role)).toEqual(["owner", "member"]);
  expect(firstMembers("channel", one, [other], () => true).map(({ role }) => role)).toEqual(["owner", "guest"]);
  expect(firstMembers("project", null, [one, other]).map(({ role }) => role)).toEqual(["member", "member"]);
  expect(firstMembers("system", null, [one]).map(({ rights }) => rights & PERMISSIONS.send_messages)).toEqual([0]);
});

test("a project keeps a title or what the host calls it", () => {
  const present = { kind: "project", title: null, slug: null, externalRef: "novel-7", visibility: "private" } as const;
  expect(checkUpdate(present, { external_ref: null }).map(({ path }) => path)).toEqual(["body.title"]);
  expect(checkUpdate(present, { external_ref: null, title: "Novel" })).toEqual([]);
});
