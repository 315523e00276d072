import type { Conversation, Message, OwnUser, Space } from "@parley/protocol";
import { randomUUID } from "node:crypto";
import type { Person, TestNode, Who } from "../harness/node.ts";
import { CALLERS, type CallerName, type PlaceName } from "./permission-table.ts";

/** Somewhere that the table has a row for, with everyone whom it has a column for. */
export interface Place {
  readonly name: PlaceName | "space" | "anywhere";
  readonly node: TestNode;
  /** `nobody` is not in it. */
  readonly people: ReadonlyMap<CallerName, Person>;
  /** Anywhere, a group in which everyone is. */
  readonly conversation: string;
  /** The space of the channel; elsewhere one that some of them share. */
  readonly space: string;
  /** Whom things are done to: they accept contact with everyone, and have blocked `blocked`. */
  readonly target: Person;
}

export function personIn(place: Place, caller: CallerName): Person {
  const person = place.people.get(caller);
  if (!person) throw new Error(`there is no ${caller} in ${place.name}`);
  return person;
}

/** Those who are in a conversation, and as what. */
export const ROLES: Partial<Record<CallerName, "owner" | "admin" | "member" | "guest">> = {
  owner: "owner",
  admin: "admin",
  member: "member",
  guest: "guest",
  blocked: "member",
  acting: "member",
  agent: "member",
};

export async function makePlace(node: TestNode, name: PlaceName): Promise<Place> {
  const people = await makePeople(node);
  const space = await makeSpace(node, people);
  const target = await makeTarget(node, people);
  const place = { name, node, people, space, target };
  const conversation = await makeConversation(node, name, { people, space });
  await say(node, node.host, conversation);
  return { ...place, conversation };
}

/** A space with its people, and a channel in it. */
export async function makeSpacePlace(node: TestNode): Promise<Place> {
  const people = await makePeople(node);
  const space = await makeSpace(node, people);
  const removed = people.get("removed") as Person;
  await node.done(node.host, "DELETE", `/v1/spaces/${space}/members/${removed.id}`);
  return { name: "space", node, people, space, target: await makeTarget(node, people), conversation: "" };
}

export async function makeAnywhere(node: TestNode): Promise<Place> {
  const people = await makePeople(node);
  const everyone = [...people]
    .filter(([caller]) => caller !== "service" && caller !== "agent*")
    .map(([, { id }]) => id);
  const { id } = await node.done<Conversation>(node.host, "POST", "/v1/conversations", {
    kind: "group",
    title: "Everyone",
    member_ids: everyone,
  });
  return { name: "anywhere", node, people, space: "", target: await makeTarget(node, people), conversation: id };
}

/** A message of somebody's; the seq is where it is. */
export async function say(
  node: TestNode,
  who: Who,
  conversation: string,
  more: Record<string, unknown> = {},
): Promise<Message> {
  return await node.done<Message>(who, "POST", `/v1/conversations/${conversation}/messages`, {
    content: "hello",
    ...more,
  });
}

/** A new user, who accepts contact with everyone. */
export async function makeStranger(node: TestNode): Promise<Person> {
  const stranger = await node.person("stranger");
  await node.done(stranger, "PATCH", "/v1/users/me", { contact_policy: "everyone" });
  return stranger;
}

async function makePeople(node: TestNode): Promise<Map<CallerName, Person>> {
  const people = new Map<CallerName, Person>();
  for (const caller of Object.keys(CALLERS) as CallerName[]) {
    const person = await makePerson(node, caller);
    if (person) people.set(caller, person);
  }
  return people;
}

async function makePerson(node: TestNode, caller: CallerName): Promise<Person | undefined> {
  if (caller === "nobody") return undefined;
  if (caller === "service")
    return { ...node.host, id: (await node.done<OwnUser>(node.host, "GET", "/v1/users/me")).id };
  if (caller === "acting") return node.actingFor(await node.person("acted"));
  if (caller === "agent" || caller === "agent*") return await node.agent("agent");
  if (caller === "staff") return await node.person("staff", { staff: true });
  if (caller === "admin*") return await node.person("administrator", { admin: true });
  return await node.person(caller);
}

async function makeTarget(node: TestNode, people: ReadonlyMap<CallerName, Person>): Promise<Person> {
  const target = await makeStranger(node);
  await node.done(target, "PUT", `/v1/users/${people.get("blocked")?.id}/block`);
  return target;
}

/** In it are those with a role, `space` and `removed`. */
export async function makeSpace(node: TestNode, people: ReadonlyMap<CallerName, Person>): Promise<string> {
  const slug = `s${randomUUID()}`;
  const { id } = await node.done<Space>(node.host, "POST", "/v1/spaces", { name: "Space", slug });
  const roles: typeof ROLES = { ...ROLES, space: "member", removed: "member" };
  for (const role of ["owner", "admin", "member", "guest"] as const) {
    const userIds = [...people].flatMap(([caller, person]) => (roles[caller] === role ? [person.id] : []));
    await node.done(node.host, "POST", `/v1/spaces/${id}/members`, { user_ids: userIds, role });
  }
  return id;
}

interface Around {
  readonly people: ReadonlyMap<CallerName, Person>;
  readonly space: string;
}

async function makeConversation(node: TestNode, name: PlaceName, around: Around): Promise<string> {
  const people = around.people as Map<CallerName, Person>;
  const member = people.get("member") as Person;
  const create = async (who: Who, body: Record<string, unknown>) =>
    (await node.done<Conversation>(who, "POST", "/v1/conversations", body)).id;
  switch (name) {
    case "direct":
      return await create(node.actingFor(member), { kind: "direct", member_ids: [people.get("acting")?.id] });
    case "direct-blocked": {
      const blocked = people.get("blocked") as Person;
      people.set("acting", node.actingFor(blocked));
      const id = await create(node.actingFor(member), { kind: "direct", member_ids: [blocked.id] });
      await node.done(member, "PUT", `/v1/users/${blocked.id}/block`);
      return id;
    }
    case "support":
    case "system":
      people.set("acting", node.actingFor(member));
      return await create(node.host, { kind: name, member_ids: [member.id] });
    case "group":
    case "project":
      return await fill(node, people, await create(node.host, { kind: name, title: "Place", member_ids: [member.id] }));
    case "public-channel":
    case "private-channel": {
      const visibility = name === "public-channel" ? "public" : "private";
      const body = { kind: "channel", title: "Place", space_id: around.space, visibility, member_ids: [member.id] };
      return await fill(node, people, await create(node.host, body));
    }
  }
}

/** Gives everyone their role; `removed` has written something before they were removed. */
async function fill(node: TestNode, people: ReadonlyMap<CallerName, Person>, id: string): Promise<string> {
  const path = `/v1/conversations/${id}/members`;
  for (const role of ["owner", "admin", "member", "guest"] as const) {
    const userIds = [...people].flatMap(([caller, person]) => (ROLES[caller] === role ? [person.id] : []));
    await node.done(node.host, "POST", path, { user_ids: userIds, role });
  }
  const removed = people.get("removed") as Person;
  await node.done(node.host, "POST", path, { user_id: removed.id });
  await say(node, removed, id);
  await node.done(node.host, "DELETE", `${path}/${removed.id}`);
  await node.done(people.get("owner"), "PUT", `/v1/users/${people.get("blocked")?.id}/block`);
  return id;
}
