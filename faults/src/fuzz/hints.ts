import { randomUUID } from "node:crypto";
import type { Random } from "../random.ts";
import type { Hint } from "./values/generate.ts";
import { words } from "./values/generate.ts";
import { anyPerson, type Focus } from "./world.ts";

type Source = (focus: Focus, random: Random) => unknown;

const HOUR_MS = 3_600_000;

function unique(random: Random): string {
  return `f${random.between(0, 2 ** 31).toString(36)}${random.between(0, 2 ** 31).toString(36)}`;
}

function later(random: Random): string {
  // Some of them while the run lasts.
  return new Date(Date.now() + (random.chance(0.2) ? 3_000 : random.between(1, 500) * HOUR_MS)).toISOString();
}

function aboutNow(random: Random): string {
  return new Date(Date.now() + random.pick([-HOUR_MS, -60_000, -1_000, 0, HOUR_MS])).toISOString();
}

function cursorOf({ world, topic }: Focus, random: Random): string {
  const own = world.cursors.get(topic)?.any(random);
  if (own !== undefined && random.chance(0.95)) return own;
  const others = [...world.cursors.values()];
  return (others.length > 0 ? random.pick(others).any(random) : undefined) ?? "MA";
}

const someone: Source = ({ world }, random) => anyPerson(world, random);
const member: Source = ({ world, place }, random) =>
  random.chance(0.8) ? random.pick(place.people).id : anyPerson(world, random);
const somewhere: Source = ({ world, place }, random) => {
  if (random.chance(0.92)) return place.id;
  return random.chance(0.7) ? random.pick(world.places).id : randomUUID();
};
const aMessage: Source = ({ world, message }, random) => {
  if (message && random.chance(0.92)) return message.id;
  const { messages } = random.pick(world.places);
  return messages.length > 0 ? random.pick(messages).id : randomUUID();
};

/** What each field holds, by its name. */
const SOURCES: Readonly<Record<string, Source>> = {
  conversation_id: somewhere,
  conversation_ids: ({ world }, random) => random.pick(world.places).id,
  message_id: aMessage,
  parent_id: aMessage,
  id: (focus, random) => (random.chance(0.9) ? randomUUID() : aMessage(focus, random)),
  user_id: member,
  member_ids: someone,
  recipient_id: someone,
  sender_id: member,
  actor_id: member,
  space_id: ({ world }, random) => world.spaces.any(random),
  agent_id: ({ world, topic }, random) =>
    topic === "postAsAgent" ? world.bot.id : (world.agents.any(random) ?? world.bot.id),
  token_id: ({ world }, random) => world.agentTokens.any(random),
  scheduled_message_id: ({ world }, random) => world.scheduled.any(random),
  notification_ids: ({ world }, random) => world.notifications.any(random),
  epoch: ({ world }) => world.epoch,
  cursor: cursorOf,
  seq: ({ place }, random) => random.between(0, place.head + 2),
  limit: (_, random) => random.pick([1, 1, 2, 3, 5, 5, 10, 10, 20, 100]),
  reaction: (_, random) => random.pick(["👍", "❤️", "🎉", "👩‍💻", ":party_parrot:", ":wave::skin-tone-3:", "🏳️‍🌈"]),
  slug: ({ world }, random) => (random.chance(0.1) ? world.slugs.any(random) : unique(random)),
  username: (_, random) => unique(random),
  send_at: (_, random) => later(random),
  expires_at: (_, random) => later(random),
  muted_until: (_, random) => later(random),
  locale: (_, random) => random.pick(["en", "de-AT", "pt-BR", "zh-Hant-TW"]),
  external_id: ({ world }, random) =>
    (random.chance(0.7) ? world.externalIds.any(random) : undefined) ?? `auth0|${unique(random)}`,
  external_ref: (_, random) => unique(random),
  q: (_, random) => words(random, 2),
  mimetype: (_, random) => random.pick(["image/png", "text/plain", "application/vnd.x+json"]),
  content_type: (_, random) =>
    random.pick([
      "text",
      "text",
      "text",
      "text",
      "text",
      "text",
      "text",
      "image",
      "file",
      "video",
      "collaboration_update",
    ]),
  // Fits every medium.
  metadata: (_, random) => ({
    width: 1,
    height: random.between(0, 9_000),
    mimetype: "image/png",
    size: random.between(0, 1e9),
    name: "a.png",
    duration_ms: 5,
    mood: words(random, 3),
  }),
  slow_mode_seconds: (_, random) => (random.chance(0.9) ? 0 : 1),
  deactivated: (_, random) => random.chance(0.1),
  contact_policy: (_, random) => (random.chance(0.8) ? "everyone" : undefined),
  granted: (_, random) => random.chance(0.8),
  token: ({ actor }) => actor.token,
  action: (_, random) => random.pick(["member.removed", "member.added", "conversation.created", "message.deleted"]),
};

const TIMED = new Set(["before", "after", "around"]);

/** What the fields of an input hold so that it is about its focus. */
export function hintsOf(focus: Focus): Hint {
  return (name, schema, random) => {
    // Lists of texts are made of what each of them is.
    if (schema.type === "array") return undefined;
    if (name === "user_ids") {
      if (schema.format === "uuid") return anyPerson(focus.world, random);
      return Array.from({ length: random.between(1, 5) }, () => anyPerson(focus.world, random)).join(",");
    }
    if (TIMED.has(name)) return anchor(name, schema, focus, random);
    return SOURCES[name]?.(focus, random);
  };
}

function anchor(name: string, { type, format }: Parameters<Hint>[1], focus: Focus, random: Random): unknown {
  if (type === "integer") return random.between(0, focus.place.head);
  if (format === "date-time") return aboutNow(random);
  if (name === "after" && focus.topic === "listAllChanges") return cursorOf(focus, random);
  return random.pick([String(random.between(0, focus.place.head + 2)), aMessage(focus, random), aboutNow(random)]);
}

type Fields = Record<string, unknown>;

/** Leaves one of those of which only one may be given, and puts in what a kind needs: schemas cannot say so. */
export function tidy(topic: string, value: unknown, focus: Focus, random: Random): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const fields = value as Fields;
  if (topic === "addMembers" || topic === "addSpaceMembers") {
    if (random.chance(0.5) || fields["user_ids"] === undefined) {
      fields["user_id"] = anyPerson(focus.world, random);
      delete fields["user_ids"];
    } else delete fields["user_id"];
  }
  keepOne(fields, ["seq", "message_id"], topic.startsWith("mark"), random);
  keepOne(fields, ["conversation_id", "recipient_id"], topic.startsWith("send"), random);
  keepOne(fields, ["cursor", "before", "after", "around"], topic === "listMessages" || topic === "listThread", random);
  if (topic === "replyInThread") delete fields["parent_id"];
  if (topic === "createConversation") tidyConversation(fields, focus, random);
  if ("content_type" in fields && fields["content_type"] !== "text" && fields["metadata"] == null)
    fields["metadata"] = SOURCES["metadata"]?.(focus, random);
  if ("content" in fields && fields["content"] === "") fields["content"] = "hello";
  else if (/^(?:send|reply|post)/.test(topic) && fields["content"] === undefined) fields["content"] = words(random, 20);
  return fields;
}

function keepOne(fields: Fields, names: readonly string[], applies: boolean, random: Random): void {
  const given = names.filter((name) => fields[name] !== undefined);
  if (!applies || given.length < 2) return;
  const kept = random.pick(given);
  for (const name of given) if (name !== kept) delete fields[name];
}

function tidyConversation(fields: Fields, { world }: Focus, random: Random): void {
  const kind = fields["kind"];
  if (kind === "direct") {
    fields["member_ids"] = [random.pick(world.people).id];
    for (const name of ["title", "description", "space_id", "slug", "visibility", "settings", "external_ref"])
      delete fields[name];
  }
  if (kind === "group" || kind === "channel" || kind === "project") fields["title"] ??= words(random, 3);
  if (kind === "group") fields["member_ids"] = [random.pick(world.people).id];
  if (kind !== "channel") for (const name of ["space_id", "slug", "visibility"]) delete fields[name];
  if (typeof fields["initial_message"] === "object" && fields["initial_message"] !== null)
    fields["initial_message"] = { content: words(random, 9) };
}
