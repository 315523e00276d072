import { endpoints, problem, type Conversation, type Endpoint, type Message } from "@parley/protocol";
import fc from "fast-check";
import { randomUUID } from "node:crypto";
import { v7 as uuidv7 } from "uuid";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ConversationId } from "../../src/domain/ids.ts";
import { expectSound } from "../harness/committer.ts";
import { useTestDatabase } from "../harness/database.ts";
import { startNode, type TestNode } from "../harness/node.ts";
import { expectHarmless } from "./bad-input.ts";
import { makePlace, makeSpacePlace, personIn, say, type Place } from "./places.ts";
import { PLACES, type CallerName } from "./permission-table.ts";

/** Everyone does anything to everything, at random but by a seed: nothing of it is a fault, and what is there stays sound. */
const store = useTestDatabase();
let node: TestNode;
let places: readonly Place[];

beforeAll(async () => {
  node = await startNode(store.database);
  places = await Promise.all([...PLACES.map((name) => makePlace(node, name)), makeSpacePlace(node)]);
});
afterAll(async () => {
  expect(node.faults()).toEqual([]);
  await node.close();
});

/** Ids that requests may name: what was there, and what came to be. */
class Pool {
  readonly #ids = new Map<string, string[]>();
  readonly #places = new Map<string, string>();

  add(kind: string, id: string, conversation?: string): void {
    const ids = this.#ids.get(kind) ?? [];
    // Not only the first ones, and not only the last.
    if (ids.length > 80) ids.splice(20, 1);
    ids.push(id);
    this.#ids.set(kind, ids);
    if (conversation !== undefined) this.#places.set(id, conversation);
  }

  pick(kind: string, choice: number): string {
    const ids = this.#ids.get(kind) ?? [];
    return ids[choice % Math.max(ids.length, 1)] ?? uuidv7();
  }

  /** A message of the conversation, if there is one. */
  messageIn(conversation: string, choice: number): string {
    const there = (this.#ids.get("message") ?? []).filter((id) => this.#places.get(id) === conversation);
    return there[choice % Math.max(there.length, 1)] ?? this.pick("message", choice);
  }
}

/** One request, as it is drawn by lot. */
interface Choices {
  readonly endpoint: Endpoint;
  readonly caller: CallerName;
  /** Which of the places. */
  readonly place: number;
  /** Decide about ids and variants, one after the other. */
  readonly numbers: readonly number[];
  /** With nulls where they do not belong. */
  readonly isStrange: boolean;
}

const FINAL = new Set(["deleteConversation", "deleteSpace", "revokeAgentTokens", "blockUser"]);
const MULTIPLE = new Set(["member_ids", "user_ids", "conversation_ids", "notification_ids"]);
const KINDS: Readonly<Record<string, string>> = {
  conversation_ids: "conversation",
  user_id: "user",
  user_ids: "user",
  member_ids: "user",
  recipient_id: "user",
  sender_id: "user",
  actor_id: "user",
  space_id: "space",
  agent_id: "agent",
  token_id: "token",
  scheduled_message_id: "scheduled",
  notification_ids: "notification",
};

/** A request like that of the reference, about things that are there, with variations. */
function requestOf(
  { endpoint, numbers, isStrange }: Choices,
  place: Place,
  pool: Pool,
): { path: string; body: unknown } {
  let next = 0;
  const choose = (): number => numbers[(next += 1) % numbers.length] ?? 0;
  // Mostly where the caller is somebody.
  const isAtHome = choose() % 5 > 0 && place.conversation !== "";
  const conversation = isAtHome ? place.conversation : pool.pick("conversation", choose());
  const valueOf = (key: string, value: unknown): unknown => {
    if (isStrange && choose() % 7 === 0) return null;
    if (key === "conversation_id") return conversation;
    if (key === "message_id" || key === "parent_id") return pool.messageIn(conversation, choose());
    if (MULTIPLE.has(key))
      return Array.from({ length: 1 + (choose() % 3) }, () => pool.pick(KINDS[key] ?? "", choose()));
    if (KINDS[key] !== undefined) return pool.pick(KINDS[key], choose());
    if (Array.isArray(value)) return value.map((item) => valueOf("", item));
    if (typeof value === "object" && value !== null)
      return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, valueOf(name, inner)]));
    switch (key) {
      case "id":
        return choose() % 3 === 0 ? pool.pick("message", choose()) : uuidv7();
      case "kind":
        return ["direct", "group", "channel", "support", "project", "system"][choose() % 6];
      case "role":
        return ["owner", "admin", "member", "guest"][choose() % 4];
      case "slug":
      case "username":
        return `x${choose() % 50}`;
      case "content":
        return ["hello", "@all look", `@nobody ${randomUUID()}`, "👋🏽", "日本語", "a".repeat(3_000)][choose() % 6];
      case "reaction":
        return ["👍", ":party_parrot:", "🇨🇭"][choose() % 3];
      default:
        return typeof value === "boolean" ? choose() % 2 === 0 : value;
    }
  };
  const { params = {}, query = {}, body } = endpoint.example ?? {};
  const path = endpoint.path.replaceAll(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(String(valueOf(name, params[name]))),
  );
  const asked = Object.entries(query).map(([name, value]): [string, string] => [name, String(valueOf(name, value))]);
  const search = new URLSearchParams(asked).toString();
  return { path: search === "" ? path : `${path}?${search}`, body: body === undefined ? undefined : valueOf("", body) };
}

/** What an answer tells of can be named by later requests. */
function learn(pool: Pool, endpoint: Endpoint, body: unknown): void {
  const answer = (body ?? {}) as {
    id?: string;
    conversation_id?: string;
    scheduled?: { id: string };
    items?: { id?: string }[];
  };
  const { id, scheduled, items } = answer;
  if (scheduled) pool.add("scheduled", scheduled.id);
  const kind = { Messages: "message", Threads: "message", Conversations: "conversation", Spaces: "space" }[
    endpoint.tag
  ];
  if (kind && id !== undefined) pool.add(kind, id, answer.conversation_id);
  if (endpoint.id === "listNotifications")
    for (const item of items ?? []) if (item.id !== undefined) pool.add("notification", item.id);
}

test("everything, by everyone", { timeout: 120_000 }, async () => {
  const pool = new Pool();
  const agent = personIn(places[2] as Place, "agent");
  pool.add("agent", agent.id);
  for (const { conversation, space, people, target } of places) {
    if (conversation !== "") {
      pool.add("conversation", conversation);
      for (const who of [node.host, people.get("acting")])
        pool.add("message", (await say(node, who, conversation)).id, conversation);
    }
    pool.add("space", space);
    for (const person of [...people.values(), target]) pool.add("user", person.id);
  }
  const callers = [...(places[2] as Place).people.keys()];
  const choices = fc.record({
    endpoint: fc.constantFrom(...(Object.values(endpoints) as Endpoint[])),
    caller: fc.constantFrom<CallerName>(...callers, "service", "service"),
    place: fc.nat(places.length - 1),
    numbers: fc.array(fc.nat(1_000), { minLength: 6, maxLength: 6 }),
    isStrange: fc.boolean(),
  });
  const seen = new Map<string, number>();
  const doing = fc.asyncProperty(fc.array(choices, { minLength: 20, maxLength: 20 }), async (many) => {
    await Promise.all(
      many.map(async (chosen) => {
        const { endpoint, caller, place, numbers } = chosen;
        // Or soon nothing would be left.
        if (FINAL.has(endpoint.id) && (numbers[0] ?? 0) % 10 > 0) return;
        const who = (places[place] as Place).people.get(caller);
        const { path, body } = requestOf(chosen, places[place] as Place, pool);
        const answer = await node.call(who, endpoint.method, path, { body });
        const what = `${endpoint.id} ${path} by ${caller} with ${JSON.stringify(body)?.slice(0, 300)}`;
        expectHarmless(answer, what);
        const kind = String(answer.status).slice(0, 1);
        seen.set(kind, (seen.get(kind) ?? 0) + 1);
        if (answer.status < 400) learn(pool, endpoint, answer.body);
        else expect(endpoint.errors, what).toContain(problem.parse(answer.body).code);
      }),
    );
  });
  await fc.assert(doing, {
    seed: 20_260_301,
    numRuns: 150,
    interruptAfterTimeLimit: 15_000,
    markInterruptAsFailure: false,
    endOnFailure: true,
  });
  // Refused is much, but not most.
  expect((seen.get("2") ?? 0) / [...seen.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0.25);
  const conversations = await store.database.query<Pick<Conversation, "id">>({ text: "SELECT id FROM conversations" });
  for (const { id } of conversations) await expectSound(store.database, id as ConversationId);
  const orphans = await store.database.query<Message>({
    text: `SELECT c.id, c.kind FROM conversations c WHERE c.kind IN ('group', 'channel', 'project') AND c.deleted_at IS NULL
             AND EXISTS (SELECT FROM members m WHERE m.conversation_id = c.id AND m.left_at IS NULL AND m.role = 'owner' IS NOT TRUE)
             AND EXISTS (SELECT FROM members m WHERE m.conversation_id = c.id AND m.role = 'owner')
             AND NOT EXISTS (SELECT FROM members m WHERE m.conversation_id = c.id AND m.left_at IS NULL AND m.role = 'owner')`,
  });
  expect(orphans).toEqual([]);
});
