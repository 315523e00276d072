import { expect, test } from "vitest";
import { mayGiveSpaceRole, mayListSpaceMembers, mayManageSpace, mayRemoveFromSpace } from "./spaces.ts";

test("owners, admins and the host manage a space; guests do not even see who is in it", () => {
  expect(
    (["owner", "admin", "member", "guest", undefined] as const).map((role) => mayManageSpace(role, false)),
  ).toEqual([true, true, false, false, false]);
  expect(mayManageSpace(undefined, true)).toBe(true);
  expect([mayListSpaceMembers("guest"), mayListSpaceMembers("member"), mayListSpaceMembers(undefined)]).toEqual([
    false,
    true,
    true,
  ]);
});

test("nobody gives a role above their own, changes or removes someone of a higher one", () => {
  expect(mayGiveSpaceRole("admin", false, undefined, "admin")).toBe(true);
  expect(mayGiveSpaceRole("admin", false, undefined, "owner")).toBe(false);
  expect(mayGiveSpaceRole("admin", false, "owner", "member")).toBe(false);
  expect(mayGiveSpaceRole("member", false, undefined, "guest")).toBe(false);
  expect(mayGiveSpaceRole(undefined, true, "owner", "member")).toBe(true);
  expect(mayRemoveFromSpace("admin", false, "owner")).toBe(false);
  expect(mayRemoveFromSpace("admin", false, "admin")).toBe(true);
  expect(mayRemoveFromSpace("member", false, "guest")).toBe(false);
});
