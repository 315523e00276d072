import { randomUUID } from "node:crypto";
import type { Random } from "../random.ts";

export interface Person {
  readonly name: string;
  readonly id: string;
  readonly externalId: string;
  readonly token: string;
}

export interface KnownMessage {
  readonly id: string;
  readonly sender: Person | undefined;
}

/** A conversation with those who are in it, as far as is known: what was sent may have changed both. */
export interface Place {
  readonly id: string;
  readonly people: readonly Person[];
  readonly messages: KnownMessage[];
  /** About where its last version is. */
  head: number;
}

/** Those of whom one can be chosen, few enough to come upon each other again. */
export interface Pool {
  readonly size: number;
  add(value: unknown): void;
  any(random: Random): string | undefined;
}

const POOL_SIZE = 40;
const MESSAGES_KEPT = 30;
const PLACES_KEPT = 30;
const CURSOR = /^[\w.~=-]{1,512}$/;

export function createPool(): Pool {
  const values: string[] = [];
  let next = 0;
  return {
    get size() {
      return values.length;
    },
    add(value) {
      if (typeof value !== "string" || value === "") return;
      values[next % POOL_SIZE] = value;
      next += 1;
    },
    any: (random) => (values.length === 0 ? undefined : random.pick(values)),
  };
}

/** What lives in the service and can be named in what is sent. Renewed now and then, since much of what is sent does away with it. */
export interface World {
  /** Those who use it; the first few are in everything. */
  readonly people: readonly Person[];
  readonly host: Person;
  readonly admin: Person;
  readonly staff: Person;
  readonly bot: Person;
  readonly places: Place[];
  readonly spaces: Pool;
  readonly agents: Pool;
  readonly agentTokens: Pool;
  readonly scheduled: Pool;
  readonly notifications: Pool;
  readonly externalIds: Pool;
  readonly slugs: Pool;
  readonly cursors: Map<string, Pool>;
  readonly badTokens: readonly string[];
  epoch: string;
}

interface Answered {
  readonly id?: unknown;
  readonly conversation_id?: unknown;
  readonly version?: unknown;
  readonly external_id?: unknown;
  readonly slug?: unknown;
  readonly epoch?: unknown;
  readonly token?: unknown;
  readonly through?: unknown;
  readonly next_cursor?: unknown;
  readonly prev_cursor?: unknown;
  readonly scheduled?: { readonly id?: unknown };
  readonly items?: readonly Answered[];
}

/** Keeps of an answer what can be named again. */
export function learn(world: World, endpointId: string, body: unknown, by: Person | undefined): void {
  if (typeof body !== "object" || body === null) return;
  const answer = body as Answered;
  for (const cursor of [answer.next_cursor, answer.prev_cursor, answer.through]) noteCursor(world, endpointId, cursor);
  if (typeof answer.epoch === "string") world.epoch = answer.epoch;
  switch (endpointId) {
    case "createConversation":
      notePlace(world, answer.id, by);
      break;
    case "sendMessage":
    case "sendMessageTo":
    case "replyInThread":
    case "postAsAgent":
      noteMessage(world, answer, by);
      world.scheduled.add(answer.scheduled?.id);
      break;
    case "createSpace":
      world.spaces.add(answer.id);
      world.slugs.add(answer.slug);
      break;
    case "createAgent":
      world.agents.add(answer.id);
      break;
    case "createAgentToken":
      world.agentTokens.add(answer.id);
      break;
    case "upsertUser":
      world.externalIds.add(answer.external_id);
      break;
    case "listNotifications":
      for (const { id } of answer.items?.slice(0, 3) ?? []) world.notifications.add(id);
      break;
    default:
  }
}

export function noteMessage(
  world: World,
  { id, conversation_id: conversationId, version }: Answered,
  by?: Person,
): void {
  if (typeof id !== "string" || typeof conversationId !== "string") return;
  const place = world.places.find((each) => each.id === conversationId);
  if (!place) return;
  if (typeof version === "number") place.head = Math.max(place.head, version);
  place.messages.push({ id, sender: by });
  // Not the first one: threads hang on it.
  if (place.messages.length > MESSAGES_KEPT) place.messages.splice(1, 1);
}

function notePlace(world: World, id: unknown, by: Person | undefined): void {
  if (typeof id !== "string" || by === undefined || world.places.some((place) => place.id === id)) return;
  world.places.push({ id, people: [by], messages: [], head: 1 });
  // Those of the beginning are the ones with people in them.
  if (world.places.length > PLACES_KEPT) world.places.splice(10, 1);
}

function noteCursor(world: World, endpointId: string, cursor: unknown): void {
  if (typeof cursor !== "string" || !CURSOR.test(cursor)) return;
  const pool = world.cursors.get(endpointId) ?? createPool();
  world.cursors.set(endpointId, pool);
  pool.add(cursor);
}

/** One matter that an input is about, so that its parts fit together. */
export interface Focus {
  readonly world: World;
  readonly place: Place;
  readonly message: KnownMessage | undefined;
  readonly actor: Person;
  readonly topic: string;
}

/** Who may do it, where, and about which message. `topic` is the endpoint or command. */
export function chooseFocus(world: World, topic: string, access: string, random: Random): Focus {
  const place = choosePlace(world, topic, random);
  const message = place.messages.length > 0 ? random.pick(place.messages) : undefined;
  return { world, place, message, topic, actor: actorFor(world, topic, access, place, message, random) };
}

/** The one that has to be asked to join. */
const BY_APPROVAL = 4;
const ABOUT_JOINING = new Set(["joinConversation", "listJoinRequests", "decideJoinRequest"]);

function choosePlace({ places }: World, topic: string, random: Random): Place {
  const asked = places[BY_APPROVAL];
  if (asked && ABOUT_JOINING.has(topic) && random.chance(0.6)) return asked;
  return (random.chance(0.6) ? places[random.between(0, 9)] : undefined) ?? random.pick(places);
}

const BY_AUTHORS = new Set(["editMessage", "deleteMessage", "edit_message", "delete_message"]);
const BY_STAFF = new Set(["restoreConversation", "markManyRead", "restoreMessage"]);

function actorFor(
  world: World,
  topic: string,
  access: string,
  place: Place,
  message: KnownMessage | undefined,
  random: Random,
): Person {
  if (random.chance(0.06)) return random.pick([world.host, world.admin, world.staff, world.bot, ...world.people]);
  if (access === "service") return world.host;
  if (access === "admin") return random.chance(0.6) ? world.admin : world.host;
  if (access === "staff") return world.staff;
  if (topic === "postAsAgent") return world.bot;
  if (BY_STAFF.has(topic)) return random.chance(0.8) ? world.staff : random.pick(place.people);
  if (topic === "joinConversation") return random.pick(world.people);
  if (BY_AUTHORS.has(topic) && message?.sender) return message.sender;
  return random.pick(place.people);
}

export function anyPerson(world: World, random: Random): string {
  return random.chance(0.95) ? random.pick(world.people).id : random.pick([world.bot.id, world.staff.id, randomUUID()]);
}
