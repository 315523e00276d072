import { randomUUID } from "node:crypto";
import { createPool, type KnownMessage, type Person, type Place, type World } from "./world.ts";

export interface StageDeps {
  readonly url: string;
  /** A token with these claims. */
  readonly mint: (claims: Readonly<Record<string, unknown>>) => Promise<string>;
  readonly badTokens: readonly string[];
}

interface Made {
  readonly id: string;
  readonly version?: number;
  readonly head?: number;
  readonly token?: string;
}

const NAMES = ["ada", "grace", "edsger", "barbara"];

/** Makes a world with something of everything in it: people, conversations of each kind, messages, threads, pins, drafts … */
export async function setStage(deps: StageDeps): Promise<World> {
  const done = createDone(deps.url);
  const service = await deps.mint({ sub: "host", scope: "service" });
  const { id: hostId } = await done(service, "GET", "/v1/users/me");
  const host: Person = { name: "host", id: hostId, externalId: "host", token: service };
  const enter = async (name: string, claims: Readonly<Record<string, unknown>> = {}): Promise<Person> => {
    const externalId = `${name}-${randomUUID().slice(0, 13)}`;
    const token = await deps.mint({ sub: externalId, name, preferred_username: externalId, ...claims });
    const { id } = await done(token, "PATCH", "/v1/users/me", { contact_policy: "everyone" });
    return { name, id, externalId, token };
  };
  const [people, staff, admin, bot] = await Promise.all([
    Promise.all(NAMES.map((name) => enter(name))),
    enter("sam", { staff: true }),
    enter("root", { admin: true }),
    makeBot(done, host),
  ]);
  const world: World = {
    people,
    host,
    admin,
    staff,
    bot,
    places: [],
    spaces: createPool(),
    agents: createPool(),
    agentTokens: createPool(),
    scheduled: createPool(),
    notifications: createPool(),
    externalIds: createPool(),
    slugs: createPool(),
    cursors: new Map(),
    badTokens: deps.badTokens,
    epoch: "none",
  };
  await fill(world, done);
  return world;
}

type Done = (token: string, method: string, path: string, body?: unknown) => Promise<Made>;

function createDone(url: string): Done {
  return async (token, method, path, body) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`the stage cannot be set: ${method} ${path} answered ${response.status} ${text}`);
    return (text === "" ? {} : JSON.parse(text)) as Made;
  };
}

async function makeBot(done: Done, host: Person): Promise<Person> {
  const username = `bot-${randomUUID().slice(0, 13)}`;
  const { id } = await done(host.token, "POST", "/v1/agents", { username, display_name: "Bot" });
  const { token = "" } = await done(host.token, "POST", `/v1/agents/${id}/tokens`, {});
  return { name: "bot", id, externalId: username, token };
}

async function fill(world: World, done: Done): Promise<void> {
  const { people, host, bot, staff } = world;
  const [ada, grace, edsger, barbara] = people as readonly [Person, Person, Person, Person];
  const space = await done(ada.token, "POST", "/v1/spaces", { name: "Engines", slug: `e${randomUUID()}` });
  world.spaces.add(space.id);
  await done(ada.token, "POST", `/v1/spaces/${space.id}/members`, { user_ids: [grace.id, edsger.id] });
  const make = async (by: Person, inIt: readonly Person[], body: Readonly<Record<string, unknown>>): Promise<Place> => {
    const made = await done(by.token, "POST", "/v1/conversations", body);
    return { id: made.id, people: inIt, messages: [], head: made.head ?? 1 };
  };
  const others = [grace.id, edsger.id];
  const channel = { kind: "channel", space_id: space.id, visibility: "public" };
  const places = await Promise.all([
    make(ada, [ada, grace, edsger, bot], { kind: "group", title: "Launch", member_ids: others }),
    make(ada, [ada, grace, edsger], {
      kind: "group",
      title: "Later",
      member_ids: others,
      settings: { history_visibility: "member_join_date" },
    }),
    make(grace, [grace, ada], { kind: "direct", member_ids: [ada.id] }),
    make(ada, [ada, grace, edsger], { ...channel, title: "News", member_ids: others }),
    make(ada, [ada, grace], {
      ...channel,
      title: "By approval",
      member_ids: [grace.id],
      settings: { require_approval: true },
    }),
    make(edsger, [edsger, staff], { kind: "support", initial_message: { content: "help" } }),
    make(host, [ada, barbara, host], {
      kind: "project",
      title: "Project",
      member_ids: [ada.id, barbara.id],
      external_ref: randomUUID(),
    }),
    make(barbara, [barbara, ada, grace], { kind: "group", title: "Fourth", member_ids: [ada.id, grace.id] }),
  ]);
  world.places.push(...places);
  const [launch] = places;
  await done(host.token, "POST", `/v1/conversations/${launch.id}/members`, { user_id: bot.id });
  await Promise.all(places.map((place) => talk(world, done, place)));
  await decorate(world, done, launch);
  world.externalIds.add(`extra-${randomUUID()}`);
}

async function talk(world: World, done: Done, place: Place): Promise<void> {
  for (const [index, sender] of [...place.people, ...place.people].entries()) {
    if (sender === world.host) continue;
    const body = {
      content: `hello @${world.people[1]?.externalId} ${index}`,
      ...(index > 2 ? { parent_id: place.messages[0]?.id } : {}),
    };
    const { id, version } = await done(sender.token, "POST", `/v1/conversations/${place.id}/messages`, body);
    place.messages.push({ id, sender });
    place.head = Math.max(place.head, version ?? 0);
  }
}

/** What else there can be of a conversation, once. */
async function decorate(world: World, done: Done, { id, messages }: Place): Promise<void> {
  const [ada, grace, edsger] = world.people as readonly [Person, Person, Person];
  const [root, reply] = messages as [KnownMessage, KnownMessage];
  const sendAt = new Date(Date.now() + 7_200_000).toISOString();
  await done(grace.token, "POST", `/v1/messages/${root.id}/reactions`, { reaction: "👍" });
  await done(ada.token, "PUT", `/v1/conversations/${id}/pins/${root.id}`);
  await done(ada.token, "PUT", `/v1/saved/${reply.id}`);
  await done(ada.token, "PUT", `/v1/conversations/${id}/draft`, { content: "We launch on" });
  await done(grace.token, "POST", `/v1/conversations/${id}/read`, {});
  await done(ada.token, "PUT", `/v1/users/${grace.id}/friend`);
  const { scheduled } = (await done(ada.token, "POST", `/v1/conversations/${id}/messages`, {
    content: "Good morning",
    send_at: sendAt,
  })) as Made & { scheduled?: { id: string } };
  world.scheduled.add(scheduled?.id);
  await done(edsger.token, "POST", `/v1/conversations/${world.places[4]?.id}/join`);
  const agent = await done(world.host.token, "POST", "/v1/agents", {
    username: `a${randomUUID()}`,
    display_name: "Other",
  });
  world.agents.add(agent.id);
  const token = await done(world.host.token, "POST", `/v1/agents/${agent.id}/tokens`, {});
  world.agentTokens.add(token.id);
}
