import { slug as slugSchema, username as usernameSchema } from "@parley/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { slugFrom, suffixedUsername, usernameFrom } from "./usernames.ts";

test.each([
  ["ada", "ada"],
  ["Ada Lovelace", "ada-lovelace"],
  ["ada@example.com", "ada"],
  ["auth0|5f7c8ec7c33c6c004bbafe82", "auth0-5f7c8ec7c33c6c004bbafe82"],
  ["Zoë Müller", "zoe-muller"],
  ["...", "user"],
  ["李小龙", "user"],
  ["@", "user"],
  ["all", "all_"],
  ["Here", "here_"],
])("%s becomes %s", (text, expected) => {
  expect(usernameFrom(text)).toBe(expected);
});

test("whatever somebody is called, the protocol takes the username and the slug made from it, with a suffix too", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), fc.integer({ min: 2, max: 999_999 }), (text, number) => {
      const username = usernameFrom(text);
      expect(usernameSchema.safeParse(username).success).toBe(true);
      expect(usernameSchema.safeParse(suffixedUsername(username, String(number))).success).toBe(true);
      expect(slugSchema.safeParse(slugFrom(username)).success).toBe(true);
    }),
  );
});
