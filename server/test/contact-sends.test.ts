import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Caller } from "../src/domain/caller.ts";
import type { ConversationId } from "../src/domain/ids.ts";
import type { SendRequest } from "../src/store/committer/operations.ts";
import { expectSound, request, wordOf } from "./harness/committer.ts";
import { useTestDatabase } from "./harness/database.ts";
import { startMembership, type MembershipServices } from "./harness/membership.ts";
import { actingFor, HOST, makeConversation, makeUser } from "./harness/rows.ts";

/** Blocks and consents as the send itself decides them. */
const store = useTestDatabase();
let services: MembershipServices;
let ada: Caller;
let bob: Caller;
let direct: ConversationId;

beforeAll(() => {
  services = startMembership(store.database);
});
afterAll(() => services.committer.close());
beforeEach(async () => {
  [ada, bob] = await Promise.all([makeUser(store.database), makeUser(store.database)]);
  direct = await makeConversation(store.database, { kind: "direct", members: [ada, bob] });
});

const send = async (who: Caller, fields: Partial<SendRequest> = {}, id = direct) =>
  wordOf(await services.committer.send(request(who, id, fields)));
const media = { hasMedia: true, contentType: "image" };

describe("a direct send", () => {
  test("is refused both ways by a block, from the next one on", async () => {
    expect([await send(ada), await send(bob)]).toEqual(["sent", "sent"]);
    await services.contact.block(bob, ada.userId);
    expect([await send(ada), await send(bob)]).toEqual(["contact_refused", "contact_refused"]);
    await services.contact.unblock(bob, ada.userId);
    expect([await send(ada), await send(bob)]).toEqual(["sent", "sent"]);
    await expectSound(store.database, direct);
  });

  test("by staff or the host is not", async () => {
    const staff = await makeUser(store.database, { isStaff: true });
    const other = await makeConversation(store.database, { kind: "direct", members: [staff, bob] });
    await services.contact.block(bob, staff.userId);
    await services.contact.block(bob, ada.userId);
    await services.contact.setConsents(bob, { consents: [{ type: "messaging", granted: false }] });
    expect([await send(staff, {}, other), await send(actingFor(ada)), await send(ada)]).toEqual([
      "sent",
      "sent",
      "contact_refused",
    ]);
  });

  test("takes both people's consent to messaging", async () => {
    await services.contact.setConsents(bob, { consents: [{ type: "messaging", granted: false }] });
    expect([await send(ada), await send(bob)]).toEqual(["contact_refused", "contact_refused"]);
    await services.contact.setConsents(bob, { consents: [{ type: "messaging", granted: true }] });
    expect([await send(ada), await send(bob)]).toEqual(["sent", "sent"]);
  });

  test("of media takes both people's consent to media, of text it does not", async () => {
    await services.contact.setConsents(bob, { consents: [{ type: "media_sharing", granted: false }] });
    expect([await send(ada, media), await send(bob, media)]).toEqual(["contact_refused", "contact_refused"]);
    expect([await send(ada), await send(bob)]).toEqual(["sent", "sent"]);
    await services.contact.setConsents(bob, { consents: [{ type: "cross_instance", granted: false }] });
    expect(await send(ada)).toBe("sent");
  });

  test("that was committed is answered again after a block: it is the same message", async () => {
    const first = request(ada, direct);
    await services.committer.send(first);
    await services.contact.block(bob, ada.userId);
    expect(wordOf(await services.committer.send(first))).toBe("duplicate");
  });

  test("does not hurt its neighbours in the batch by being refused", async () => {
    await services.contact.block(bob, ada.userId);
    const eve = await makeUser(store.database);
    const other = await makeConversation(store.database, { kind: "direct", members: [ada, eve] });
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, (_, n) => send(ada, {}, n % 2 === 0 ? direct : other)),
    );
    expect(outcomes).toEqual(outcomes.map((_, n) => (n % 2 === 0 ? "contact_refused" : "sent")));
    await expectSound(store.database, other);
  });
});

test("in a group the messages of who is blocked still flow", async () => {
  const group = await makeConversation(store.database, { members: [ada, bob] });
  await services.contact.block(bob, ada.userId);
  await services.contact.setConsents(bob, {
    consents: [
      { type: "messaging", granted: false },
      { type: "media_sharing", granted: false },
    ],
  });
  expect([await send(ada, media, group), await send(bob, {}, group), await send(HOST, {}, group)]).toEqual([
    "sent",
    "sent",
    "sent",
  ]);
});
