import { CONTACT_POLICIES } from "@parley/protocol";
import { describe, expect, test } from "vitest";
import { acceptsContact, type ContactFacts, type ContactPurpose } from "./contact.ts";

const stranger: ContactFacts = {
  isSystem: false,
  deactivated: false,
  policy: "everyone",
  blocked: false,
  friends: false,
  sharesSpace: false,
  acceptsMessages: true,
  callerMessages: true,
};
const friend = { friends: true };
const colleague = { sharesSpace: true };

describe("a policy accepts", () => {
  test.each([
    ["everyone", {}, true],
    ["shared_space_or_friend", {}, false],
    ["shared_space_or_friend", friend, true],
    ["shared_space_or_friend", colleague, true],
    ["friends", {}, false],
    ["friends", colleague, false],
    ["friends", friend, true],
    ["nobody", {}, false],
    ["nobody", { ...friend, ...colleague }, false],
  ] as const)("%s: %j → %s", (policy, relation, accepted) => {
    for (const purpose of ["direct", "conversation"] as const) {
      expect(acceptsContact({ ...stranger, policy, ...relation }, purpose, false)).toBe(accepted);
    }
  });
});

test.each(["direct", "conversation", "friendship"] as const)(
  "a block or deactivation refuses %s to whoever it is",
  (purpose) => {
    for (const policy of CONTACT_POLICIES) {
      const close = { ...stranger, policy, ...friend, ...colleague };
      expect(acceptsContact({ ...close, blocked: true }, purpose, false)).toBe(false);
      expect(acceptsContact({ ...close, deactivated: true }, purpose, false)).toBe(false);
    }
  },
);

test.each([
  ["direct", { acceptsMessages: false }, false],
  ["conversation", { acceptsMessages: false }, false],
  ["friendship", { acceptsMessages: false }, true],
  ["direct", { callerMessages: false }, false],
  ["conversation", { callerMessages: false }, true],
] as [ContactPurpose, Partial<ContactFacts>, boolean][])(
  "consent to messaging: %s with %j → %s",
  (purpose, facts, accepted) => {
    expect(acceptsContact({ ...stranger, ...facts }, purpose, false)).toBe(accepted);
  },
);

test("anyone may ask for friendship except of those whom nobody may contact", () => {
  for (const policy of CONTACT_POLICIES) {
    expect(acceptsContact({ ...stranger, policy }, "friendship", false)).toBe(policy !== "nobody");
  }
});

test("staff and the host contact everyone but the system's own user", () => {
  const closed = { ...stranger, policy: "nobody", blocked: true, deactivated: true, acceptsMessages: false } as const;
  expect(acceptsContact(closed, "direct", true)).toBe(true);
  expect(acceptsContact({ ...closed, isSystem: true }, "direct", true)).toBe(false);
});
