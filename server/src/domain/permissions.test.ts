import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  denialsOf,
  mayChangeRole,
  mayGrant,
  outranks,
  permissionNames,
  PERMISSIONS,
  rightsOf,
  sameOverrides,
  type Permission,
  type PermissionOverrides,
  type Role,
} from "./permissions.ts";

const ROLES: Role[] = ["owner", "admin", "member", "guest"];
const ALL = Object.keys(PERMISSIONS) as Permission[];
const overrides = fc.dictionary(fc.constantFrom(...ALL), fc.boolean()) as fc.Arbitrary<PermissionOverrides>;
const role = fc.constantFrom(...ROLES);

describe("rights", () => {
  test.each([
    ["owner", {}, ALL],
    ["admin", {}, ALL],
    ["member", {}, ["send_messages"]],
    ["guest", {}, ["send_messages"]],
    ["member", { manage_members: true }, ["send_messages", "manage_members"]],
    ["member", { send_messages: false }, []],
    ["admin", { delete_messages: false }, ALL.filter((name) => name !== "delete_messages")],
    ["owner", { send_messages: false, admin: false }, ALL],
    ["guest", { admin: true }, ALL],
    ["member", { admin: true, manage_members: false }, ALL.filter((name) => name !== "manage_members")],
  ] as [Role, PermissionOverrides, Permission[]][])("%s with %j", (of, own, names) => {
    expect(permissionNames(rightsOf(of, own))).toEqual(names);
  });

  test("a denial always holds, except for owners", () => {
    fc.assert(
      fc.property(role, overrides, (of, own) => {
        const rights = permissionNames(rightsOf(of, own));
        for (const name of ALL) if (own[name] === false) expect(rights.includes(name)).toBe(of === "owner");
      }),
    );
  });
});

test("nobody grants what they do not hold, and may take away what they do not hold", () => {
  const mask = fc.integer({ min: 0, max: 63 });
  fc.assert(
    fc.property(mask, mask, mask, (actor, before, next) => {
      const gained = ALL.filter((name) => next & PERMISSIONS[name] && !(before & PERMISSIONS[name]));
      expect(mayGrant(actor, before, next)).toBe(gained.every((name) => actor & PERMISSIONS[name]));
    }),
  );
});

test("roles are measured by rank", () => {
  for (const [higher, actor] of ROLES.entries()) {
    for (const [lower, subject] of ROLES.entries()) {
      expect(outranks(actor, subject)).toBe(higher <= lower);
      for (const [given, next] of ROLES.entries()) {
        expect(mayChangeRole(actor, subject, next)).toBe(higher <= lower && higher <= given);
      }
    }
  }
});

test("denials survive, grants do not", () => {
  expect(denialsOf({ send_messages: false, manage_members: true })).toEqual({ send_messages: false });
});

test("overrides are the same whatever their order, and a denial is not an absence", () => {
  expect(sameOverrides({ admin: true, send_messages: false }, { send_messages: false, admin: true })).toBe(true);
  expect(sameOverrides({ send_messages: false }, {})).toBe(false);
});
