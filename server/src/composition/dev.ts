import { SignJWT } from "jose";
import type { DemoLogin } from "../adapters/http/demo-login.ts";
import type { Caller } from "../domain/caller.ts";
import { HOST } from "../domain/access.ts";
import type { UserId } from "../domain/ids.ts";
import type { Services } from "./services.ts";

const PEOPLE = [
  { externalId: "ada", name: "Ada Lovelace" },
  { externalId: "grace", name: "Grace Hopper" },
  { externalId: "edsger", name: "Edsger Dijkstra" },
  { externalId: "sam", name: "Sam (support)", isStaff: true },
  { externalId: "mary", name: "Mary (admin)", isAdmin: true },
] as const;

const TOKEN_HOURS = 12;

/**
 * Dev mode: people, a space in which they may write to each other, and two channels with something in them. Done anew at each
 * start, through the services; what is there already stays as it is.
 */
export async function seedDemo(services: Services, jwtSecret: string): Promise<DemoLogin[]> {
  const ids: UserId[] = [];
  for (const { externalId, name, ...more } of PEOPLE) {
    const { user } = await services.users.upsert(HOST, externalId, {
      username: externalId,
      display_name: name,
      ...("isStaff" in more ? { is_staff: true } : {}),
      ...("isAdmin" in more ? { is_admin: true } : {}),
    });
    ids.push(user.id as UserId);
  }
  await seedSpace(services, ids);
  return PEOPLE.map((person) => ({
    id: person.externalId,
    name: person.name,
    mint: () => sign(jwtSecret, person),
  }));
}

async function seedSpace(services: Services, people: readonly UserId[]): Promise<void> {
  const [first, second] = people;
  if (!first || !second) return;
  const as = (userId: UserId): Caller => ({ userId, kind: "human", isAdmin: false, isStaff: false, isService: true });
  const mine = await services.spaces.spaces(as(first), { limit: 100 });
  if (mine.items.some((space) => space.slug === "demo")) return;
  const space = await services.spaces.createSpace(as(first), { slug: "demo", name: "Demo" });
  await services.spaces.addSpaceMembers(as(first), space.id as never, { user_ids: people.slice(1) });
  for (const [slug, title, words] of CHANNELS) {
    const { conversation } = await services.conversations.create(as(first), {
      kind: "channel",
      slug,
      title,
      space_id: space.id,
      visibility: "public",
      member_ids: people.slice(1),
    });
    for (const [index, content] of words.entries()) {
      await services.send(as(index % 2 === 0 ? first : second), conversation.id as never, {
        content_type: "text",
        content,
      });
    }
  }
}

const CHANNELS = [
  [
    "general",
    "General",
    [
      "Welcome to Parley. Everything here is a demo: write, edit, react, search.",
      "Hello @ada! Is anybody keeping count of the messages?",
      "The ordinals do. 1, 2, 3 … without holes.",
    ],
  ],
  ["random", "Random", ["A channel for everything else."]],
] as const;

async function sign(secret: string, { externalId, name, ...more }: (typeof PEOPLE)[number]): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  const claims = {
    name,
    preferred_username: externalId,
    ...("isStaff" in more ? { staff: true } : {}),
    ...("isAdmin" in more ? { admin: true } : {}),
  };
  return await new SignJWT(claims)
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setSubject(externalId)
    .setIssuedAt(now)
    .setExpirationTime(now + TOKEN_HOURS * 3_600)
    .sign(new TextEncoder().encode(secret));
}
