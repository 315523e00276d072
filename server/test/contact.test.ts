import { CONSENT_TYPES } from "@parley/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { v7 as uuidv7 } from "uuid";
import type { Caller } from "../src/domain/caller.ts";
import type { UserId } from "../src/domain/ids.ts";
import { requireContact } from "../src/services/contact/require-contact.ts";
import { findBlockersOf } from "../src/store/contact.ts";
import { useTestDatabase } from "./harness/database.ts";
import { codeOf, makeSpace, startMembership, type MembershipServices } from "./harness/membership.ts";
import { actingFor, HOST, makeConversation, makeUser, run } from "./harness/rows.ts";

const store = useTestDatabase();
let services: MembershipServices;
let ada: Caller;
let bob: Caller;
let eve: Caller;

beforeAll(() => {
  services = startMembership(store.database);
});
afterAll(() => services.committer.close());
beforeEach(async () => {
  [ada, bob, eve] = (await Promise.all([1, 2, 3].map(() => makeUser(store.database)))) as [Caller, Caller, Caller];
});

const contact = (from: Caller, to: Caller, kind: "direct" | "group" = "direct") =>
  codeOf(requireContact(store.database, from, [to.userId], { kind }));
const policy = (who: Caller, value: string) =>
  run(store.database, "UPDATE users SET contact_policy = $2 WHERE id = $1", [who.userId, value]);
const befriend = async (one: Caller, other: Caller) => {
  await services.contact.befriend(one, other.userId);
  return await services.contact.befriend(other, one.userId);
};

describe("who may contact whom", () => {
  test("strangers need something in common, unless told otherwise", async () => {
    expect(await contact(ada, bob)).toBe("contact_refused");
    await policy(bob, "everyone");
    expect(await contact(ada, bob)).toBeUndefined();
    expect(await contact(bob, ada)).toBe("contact_refused");
  });

  test("a space in common is enough, as long as it is there", async () => {
    const spaceId = await makeSpace(store.database, [ada, bob]);
    await makeSpace(store.database, [ada, eve]);
    expect([await contact(ada, bob), await contact(bob, ada, "group"), await contact(bob, eve)]).toEqual([
      undefined,
      undefined,
      "contact_refused",
    ]);
    await run(store.database, "UPDATE spaces SET deleted_at = now() WHERE id = $1", [spaceId]);
    expect(await contact(ada, bob)).toBe("contact_refused");
  });

  test("a conversation in common is not", async () => {
    await makeConversation(store.database, { members: [ada, bob] });
    expect(await contact(ada, bob)).toBe("contact_refused");
  });

  test("friends are, once both want it", async () => {
    await policy(bob, "friends");
    await makeSpace(store.database, [ada, bob]);
    await services.contact.befriend(ada, bob.userId);
    expect(await contact(ada, bob)).toBe("contact_refused");
    await services.contact.befriend(bob, ada.userId);
    expect(await contact(ada, bob)).toBeUndefined();
    await policy(bob, "nobody");
    expect(await contact(ada, bob)).toBe("contact_refused");
  });

  test.each(["direct", "group"] as const)(
    "a block refuses %s both ways, and taking it back allows it",
    async (kind) => {
      await Promise.all([policy(ada, "everyone"), policy(bob, "everyone")]);
      await services.contact.block(ada, bob.userId);
      expect([await contact(ada, bob, kind), await contact(bob, ada, kind)]).toEqual([
        "contact_refused",
        "contact_refused",
      ]);
      await services.contact.unblock(bob, ada.userId);
      expect(await contact(bob, ada, kind)).toBe("contact_refused");
      await services.contact.unblock(ada, bob.userId);
      expect([await contact(ada, bob, kind), await contact(bob, ada, kind)]).toEqual([undefined, undefined]);
    },
  );

  test("withdrawn consent to messaging refuses", async () => {
    await Promise.all([policy(ada, "everyone"), policy(bob, "everyone")]);
    await services.contact.setConsents(bob, { consents: [{ type: "messaging", granted: false }] });
    expect([await contact(ada, bob), await contact(ada, bob, "group")]).toEqual(["contact_refused", "contact_refused"]);
    expect([await contact(bob, ada), await contact(bob, ada, "group")]).toEqual(["contact_refused", undefined]);
  });

  test("staff and the host contact anyone; nobody contacts the system", async () => {
    const staff = await makeUser(store.database, { isStaff: true });
    await policy(bob, "nobody");
    await services.contact.block(bob, staff.userId);
    for (const who of [staff, HOST, actingFor(ada)]) expect(await contact(who, bob)).toBeUndefined();
    for (const who of [ada, staff]) expect(await contact(who, HOST)).toBe("contact_refused");
  });

  test("who is unknown is not found, who was deactivated is refused, and oneself is no matter", async () => {
    await policy(bob, "everyone");
    await run(store.database, "UPDATE users SET deactivated_at = now() WHERE id = $1", [bob.userId]);
    expect(await contact(ada, bob)).toBe("contact_refused");
    expect(await contact(ada, ada)).toBeUndefined();
    expect(await contact(ada, { ...ada, userId: uuidv7() as UserId })).toBe("not_found");
    expect(await contact(HOST, { ...ada, userId: uuidv7() as UserId })).toBe("not_found");
  });

  test("a refusal says the same for a block, a policy and a consent", async () => {
    await services.contact.setConsents(eve, { consents: [{ type: "messaging", granted: false }] });
    await policy(eve, "everyone");
    await services.contact.block(bob, ada.userId);
    await policy(bob, "everyone");
    const stranger = await makeUser(store.database);
    const details = await Promise.all(
      [bob, eve, stranger].map((to) =>
        requireContact(store.database, ada, [to.userId], { kind: "direct" }).catch((error: Error) => error.message),
      ),
    );
    expect(new Set(details).size).toBe(1);
  });

  test("of several, those who refuse are named", async () => {
    await policy(bob, "everyone");
    const refusal = requireContact(store.database, ada, [bob.userId, eve.userId, ada.userId], { kind: "group" });
    await expect(refusal).rejects.toThrow(eve.userId);
    await expect(refusal).rejects.not.toThrow(bob.userId);
  });

  test("adding to a group asks it, once for whoever is new", async () => {
    const id = await makeConversation(store.database, { members: [{ who: ada, role: "owner" }, bob] });
    const add = (who: Caller) => codeOf(services.members.addMembers(ada, id, { user_id: who.userId }));
    expect([await add(eve), await add(bob)]).toEqual(["contact_refused", undefined]);
    await policy(eve, "everyone");
    expect(await add(eve)).toBeUndefined();
    await services.contact.block(eve, ada.userId);
    expect(await add(eve)).toBeUndefined();
    await services.members.leave(eve, id);
    expect(await add(eve)).toBe("contact_refused");
  });
});

describe("friendship", () => {
  test("is asked for, then accepted by the other's asking", async () => {
    const asked = await services.contact.befriend(ada, bob.userId);
    expect(asked).toMatchObject({
      user: { id: bob.userId },
      status: "requested",
      requested_by: ada.userId,
      accepted_at: null,
    });
    expect(await services.contact.befriend(ada, bob.userId)).toEqual(asked);
    const accepted = await services.contact.befriend(bob, ada.userId);
    expect(accepted).toMatchObject({ user: { id: ada.userId }, status: "accepted", requested_by: ada.userId });
    expect(accepted.accepted_at).not.toBeNull();
    expect(await services.contact.befriend(ada, bob.userId)).toMatchObject({ accepted_at: accepted.accepted_at });
  });

  test("comes of requests that cross, exactly one of them", async () => {
    for (let round = 0; round < 10; round += 1) {
      const [one, other] = await Promise.all([makeUser(store.database), makeUser(store.database)]);
      const both = await Promise.all([
        services.contact.befriend(one, other.userId),
        services.contact.befriend(other, one.userId),
      ]);
      expect(both.map((friendship) => friendship.status).toSorted()).toEqual(["accepted", "requested"]);
      expect((await services.contact.friends(one, { limit: 50 })).items).toMatchObject([{ status: "accepted" }]);
    }
  });

  test("is refused, withdrawn and ended alike", async () => {
    await services.contact.befriend(ada, bob.userId);
    await services.contact.unfriend(bob, ada.userId);
    await befriend(ada, bob);
    await services.contact.unfriend(ada, bob.userId);
    await services.contact.unfriend(ada, bob.userId);
    expect((await services.contact.friends(bob, { limit: 50 })).items).toEqual([]);
  });

  test("is not asked of who blocks, is blocked, or wants nobody, unless they asked first", async () => {
    await services.contact.block(bob, ada.userId);
    const ask = (from: Caller, to: Caller) => codeOf(services.contact.befriend(from, to.userId));
    expect([await ask(ada, bob), await ask(bob, ada)]).toEqual(["contact_refused", "contact_refused"]);
    await policy(eve, "nobody");
    expect(await ask(ada, eve)).toBe("contact_refused");
    expect([await ask(eve, ada), await ask(ada, eve)]).toEqual([undefined, undefined]);
  });

  test("ends with a block, whichever comes first of asking and blocking", async () => {
    await befriend(ada, bob);
    await services.contact.block(ada, bob.userId);
    await services.contact.unblock(ada, bob.userId);
    expect((await services.contact.friends(ada, { limit: 50 })).items).toEqual([]);
    for (let round = 0; round < 10; round += 1) {
      const [one, other] = await Promise.all([makeUser(store.database), makeUser(store.database)]);
      await Promise.all([
        codeOf(services.contact.befriend(one, other.userId)),
        services.contact.block(other, one.userId),
      ]);
      expect((await services.contact.friends(one, { limit: 50 })).items).toEqual([]);
    }
  });

  test("is listed from both sides, the latest first, by status and page by page", async () => {
    const others = await Promise.all(Array.from({ length: 5 }, () => makeUser(store.database)));
    for (const [n, other] of others.entries()) {
      if (n % 2 === 0) await services.contact.befriend(ada, other.userId);
      else await befriend(other, ada);
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await services.contact.friends(ada, { limit: 2, ...(cursor ? { cursor } : {}) });
      seen.push(...page.items.map((item) => item.user.id));
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
    expect(seen).toEqual(others.map((other) => other.userId).toReversed());
    const count = async (status: "requested" | "accepted") =>
      (await services.contact.friends(ada, { limit: 50, status })).items.length;
    expect([await count("requested"), await count("accepted")]).toEqual([3, 2]);
    expect(await codeOf(services.contact.friends(ada, { limit: 2, cursor: "bad" }))).toBe("validation_failed");
  });

  test("and blocks are between two different, known people", async () => {
    const nobody = uuidv7() as UserId;
    for (const act of ["befriend", "unfriend", "block", "unblock"] as const) {
      expect(await codeOf(services.contact[act](ada, nobody))).toBe("not_found");
      expect(await codeOf(services.contact[act](HOST, ada.userId))).toBe("permission_denied");
    }
    expect(await codeOf(services.contact.befriend(ada, ada.userId))).toBe("conflict");
    expect(await codeOf(services.contact.block(ada, ada.userId))).toBe("conflict");
  });
});

test("whose notifications a block silences can be asked for many at once", async () => {
  await services.contact.block(bob, ada.userId);
  await services.contact.block(ada, eve.userId);
  expect(await findBlockersOf(store.database, ada.userId, [bob.userId, eve.userId])).toEqual(new Set([bob.userId]));
});

describe("consents", () => {
  const history = () =>
    store.database.query<{ type: string; granted: boolean }>({
      text: "SELECT type, granted FROM consent_changes WHERE user_id = $1 ORDER BY id",
      values: [ada.userId],
    });

  test("stand as granted until something is said", async () => {
    const { consents } = await services.contact.consents(ada);
    expect(consents).toEqual(CONSENT_TYPES.map((type) => ({ type, granted: true, updated_at: null })));
  });

  test("are set one by one; every change is kept, and saying the same again is none", async () => {
    const revoke = { consents: [{ type: "media_sharing", granted: false }] } as const;
    const { consents } = await services.contact.setConsents(ada, { consents: [...revoke.consents] });
    expect(consents.map((consent) => consent.granted)).toEqual([true, false, true]);
    expect(consents[1]?.updated_at).not.toBeNull();
    await services.contact.setConsents(ada, { consents: [...revoke.consents, { type: "messaging", granted: true }] });
    await services.contact.setConsents(ada, { consents: [{ type: "media_sharing", granted: true }] });
    expect(await history()).toEqual([
      { type: "media_sharing", granted: false },
      { type: "messaging", granted: true },
      { type: "media_sharing", granted: true },
    ]);
  });

  test("set at once end in one state, and its last change is that state", async () => {
    await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        services.contact.setConsents(ada, {
          consents: [
            { type: "messaging", granted: n % 2 === 0 },
            { type: "cross_instance", granted: n % 3 === 0 },
          ].toSorted(() => (n % 2 === 0 ? 1 : -1)) as { type: "messaging"; granted: boolean }[],
        }),
      ),
    );
    const { consents } = await services.contact.consents(ada);
    const kept = await history();
    for (const type of ["messaging", "cross_instance"] as const) {
      expect(kept.findLast((change) => change.type === type)?.granted).toBe(
        consents.find((c) => c.type === type)?.granted,
      );
    }
  });

  test("are a person's own", async () => {
    expect(await codeOf(services.contact.consents(HOST))).toBe("permission_denied");
    expect(
      await codeOf(services.contact.setConsents(HOST, { consents: [{ type: "messaging", granted: false }] })),
    ).toBe("permission_denied");
  });
});
