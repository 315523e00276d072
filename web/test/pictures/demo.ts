import type { Database } from "../../../server/src/store/database.ts";
import type { TestNode } from "../../../server/test/harness/node.ts";
import { gatherPeople, type People } from "./people.ts";
import { AROUND, BOOKING, DIRECTS, OFFSITE, SUPPORT, THREAD, type Said } from "./said.ts";

export interface Demo {
  readonly people: People;
  /** Ids of the conversation that most pictures show, and of the message whose thread they open. */
  readonly booking: string;
  /** A small group. */
  readonly aside: string;
  readonly threadRoot: string;
  readonly support: string;
}

type Places = Readonly<Record<string, string>>;

/** What was said, and how many minutes ago it was. */
interface Told {
  readonly id: string;
  readonly minutesAgo: number;
}

/**
 * A company of eight on an ordinary day, made by the API. What was said is put into the past afterwards: the service
 * itself lets nobody say when something was written.
 */
export async function makeDemo(node: TestNode): Promise<Demo> {
  const people = await gatherPeople(node);
  const told: Told[] = [];
  const places = await makeChannels(people);
  const booking = places["booking"] ?? "";

  const ids = await talk(people, booking, BOOKING, told);
  const threadRoot = ids.get("index") ?? "";
  await talk(
    people,
    booking,
    THREAD.map((said) => ({ ...said, parent: threadRoot })),
    told,
  );
  await people.ask("ada", "PUT", `/v1/conversations/${booking}/pins/${threadRoot}`);
  for (const [slug, sayings] of Object.entries(AROUND)) await talk(people, places[slug] ?? "", sayings, told);
  for (const { other, sayings } of DIRECTS) {
    const { id } = await people.ask("ada", "POST", "/v1/conversations", {
      kind: "direct",
      member_ids: [people.ids[other]],
    });
    await talk(people, id, sayings, told);
  }
  const offsite = await people.ask("lucia", "POST", "/v1/conversations", {
    kind: "group",
    title: "Lisbon offsite",
    member_ids: [people.ids.ada, people.ids.yuki, people.ids.tom],
  });
  await talk(people, offsite.id, OFFSITE, told);
  const support = await askSupport(people, told);

  for (const who of ["ada", "grace", "edsger", "yuki", "lucia", "tom", "mary", "sam"] as const)
    await people.ask(who, "POST", `/v1/conversations/${booking}/read`, {});
  await putIntoThePast(node.database, told);
  return { people, booking, aside: offsite.id, threadRoot, support };
}

async function makeChannels(people: People): Promise<Places> {
  const { items } = await people.ask<{ items: { id: string; slug: string }[] }>("ada", "GET", "/v1/spaces");
  const space = items.find(({ slug }) => slug === "demo")?.id ?? "";
  await people.ask("ada", "PATCH", `/v1/spaces/${space}`, { name: "Meridian Ferries" });
  const others = Object.entries(people.ids).flatMap(([name, id]) =>
    ["yuki", "lucia", "tom"].includes(name) ? [id] : [],
  );
  await people.ask("ada", "POST", `/v1/spaces/${space}/members`, { user_ids: others });
  const mine = await people.ask<{ items: { id: string; slug: string | null }[] }>("ada", "GET", "/v1/conversations");
  const places: Record<string, string> = {};
  for (const { id, slug } of mine.items) {
    if (slug === null) continue;
    places[slug] = id;
    await people.ask("ada", "POST", `/v1/conversations/${id}/members`, { user_ids: others });
  }
  for (const [slug, title, description] of CHANNELS) {
    const { id } = await people.ask("ada", "POST", "/v1/conversations", {
      kind: "channel",
      slug,
      title,
      description,
      space_id: space,
      visibility: "public",
      member_ids: [...others, people.ids.grace, people.ids.edsger, people.ids.mary, people.ids.sam],
    });
    places[slug] = id;
  }
  return places;
}

const CHANNELS = [
  ["booking", "Booking", "From the search to the ticket: routes, seats, payment"],
  ["design", "Design", "Everything that passengers see"],
  ["releases", "Releases", "What goes out, and when"],
] as const;

async function talk(
  people: People,
  conversationId: string,
  sayings: readonly (Said & { readonly parent?: string })[],
  told: Told[],
): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  for (const { who, ago, text, name, reactions = {}, parent } of sayings) {
    const { id } = await people.ask(who, "POST", `/v1/conversations/${conversationId}/messages`, {
      content: text,
      ...(parent === undefined ? {} : { parent_id: parent }),
    });
    if (name !== undefined) ids.set(name, id);
    told.push({ id, minutesAgo: ago });
    for (const [reaction, by] of Object.entries(reactions))
      for (const person of by) await people.ask(person, "POST", `/v1/messages/${id}/reactions`, { reaction });
  }
  return ids;
}

async function askSupport(people: People, told: Told[]): Promise<string> {
  let shown = "";
  for (const { customer, sayings } of SUPPORT) {
    let conversation = "";
    for (const { who, ago, text } of sayings) {
      const path = who === customer ? "/v1/messages" : `/v1/conversations/${conversation}/messages`;
      const said = await people.ask<{ id: string; conversation_id: string }>(who, "POST", path, { content: text });
      conversation = said.conversation_id;
      told.push({ id: said.id, minutesAgo: ago });
    }
    if (customer === "nora") shown = conversation;
  }
  return shown;
}

async function putIntoThePast(database: Database, told: readonly Told[]): Promise<void> {
  await database.query({
    text: `
      WITH told AS (SELECT * FROM unnest($1::uuid[], $2::int[]) AS t (id, minutes_ago)),
      moved AS (
        UPDATE messages m SET created_at = now() - minutes_ago * interval '1 minute'
          FROM told WHERE told.id = m.id RETURNING m.conversation_id, m.created_at, m.parent_id),
      roots AS (
        UPDATE messages r SET last_reply_at = (SELECT max(created_at) FROM moved WHERE moved.parent_id = r.id)
         WHERE r.id IN (SELECT parent_id FROM moved)),
      begun AS (
        UPDATE conversations c SET created_at = first.at
          FROM (SELECT conversation_id, min(created_at) AS at FROM moved GROUP BY 1) first
         WHERE first.conversation_id = c.id)
      UPDATE conversation_heads h SET last_message_at = latest.at
        FROM (SELECT conversation_id, max(created_at) AS at FROM moved GROUP BY 1) latest
       WHERE latest.conversation_id = h.conversation_id`,
    values: [told.map(({ id }) => id), told.map(({ minutesAgo }) => minutesAgo)],
  });
}
