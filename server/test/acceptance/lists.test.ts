import type { AllChanges, Message } from "@parley/protocol";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { useTestDatabase } from "../harness/database.ts";
import { startNode, type Person, type TestNode } from "../harness/node.ts";
import { SocketClient } from "../harness/socket.ts";
import { until } from "../harness/until.ts";
import { IN_CONVERSATIONS } from "./permission-matrix.ts";
import { PLACES, type CallerName, type PlaceName, type Verdict } from "./permission-table.ts";
import { makePlace, personIn, say, type Place } from "./places.ts";

/** Who may not read a message does not come across it anywhere: in lists, search, catch-up, notifications, what they saved, live. */
const store = useTestDatabase();
let node: TestNode;
let places: ReadonlyMap<PlaceName, Place>;

const READING = IN_CONVERSATIONS.find(({ uses }) => uses.includes("getConversation"))?.rows;

beforeAll(async () => {
  node = await startNode(store.database);
  const made = await Promise.all(PLACES.map((name) => makePlace(node, name)));
  places = new Map(PLACES.map((name, index) => [name, made[index] as Place]));
});
afterAll(async () => {
  expect(node.faults()).toEqual([]);
  await node.close();
});

/** Everything that tells of messages without being asked for one. */
async function allThatIsTold(place: Place, person: Person, marker: string): Promise<string> {
  const texts: string[] = [];
  const ask = async (path: string): Promise<void> => void texts.push((await node.call(person, "GET", path)).text);
  await ask("/v1/conversations?limit=100");
  await ask("/v1/conversations?archived=true");
  await ask(`/v1/conversations?q=${marker}`);
  await ask(`/v1/search/messages?q=${marker}`);
  await ask(`/v1/search/messages?q=${marker}&conversation_id=${place.conversation}`);
  await ask("/v1/notifications?limit=100");
  await ask("/v1/saved");
  await ask("/v1/scheduled-messages");
  await ask(`/v1/spaces/${place.space}/conversations`);
  for (let after = ""; ;) {
    const page = await node.done<AllChanges>(person, "GET", `/v1/changes?limit=100${after}`);
    texts.push(JSON.stringify(page.changes));
    if (!page.has_more) break;
    after = `&after=${page.through}`;
  }
  return texts.join("\n");
}

async function isFound(person: Person, marker: string): Promise<boolean> {
  const { items } = await node.done<{ items: unknown[] }>(person, "GET", `/v1/search/messages?q=${marker}`);
  return items.length > 0;
}

/** Whoever was removed has kept all that a member can keep, and been told all that one is told. */
async function keepBeforeRemoval(place: Place, marker: string): Promise<void> {
  const removed = personIn(place, "removed");
  const path = `/v1/conversations/${place.conversation}`;
  await node.done(node.host, "POST", `${path}/members`, { user_id: removed.id });
  const { id } = await say(node, node.host, place.conversation, { content: `${marker} @${removed.username}` });
  await node.done(removed, "PUT", `/v1/saved/${id}`);
  await node.done(removed, "POST", `/v1/messages/${id}/reactions`, { reaction: "👍" });
  await until(async () => (await node.call(removed, "GET", "/v1/notifications")).text.includes(marker));
  await node.done(node.host, "DELETE", `${path}/members/${removed.id}`);
}

test.each(PLACES)("%s", async (name) => {
  const place = places.get(name) as Place;
  const cells: ReadonlyMap<CallerName, Verdict> = READING?.get(name) ?? new Map();
  const marker = `marker${randomUUID().replaceAll("-", "")}`;
  if (cells.get("removed") !== "-") await keepBeforeRemoval(place, marker);
  const callers = [...cells].filter(
    ([caller, verdict]) => verdict !== "-" && caller !== "nobody" && caller !== "service" && caller !== "acting",
  );
  const sockets = new Map<CallerName, SocketClient>();
  for (const [caller] of callers)
    sockets.set(caller, await SocketClient.connect(node.url, personIn(place, caller).token));
  const sent: Message = await say(node, node.host, place.conversation, { content: `${marker} @all` });
  await until(() => isFound(node.host, marker));
  const surprises: string[] = [];
  for (const [caller, verdict] of callers) {
    const person = personIn(place, caller);
    const told = await allThatIsTold(place, person, marker);
    const mayRead = verdict === "ok";
    if (told.includes(marker) !== mayRead) surprises.push(`${caller} ${mayRead ? "was not" : "was"} told`);
    if ((await isFound(person, marker)) !== mayRead)
      surprises.push(`${caller} ${mayRead ? "could not" : "could"} find it`);
    const socket = sockets.get(caller) as SocketClient;
    await socket.command("ping", {});
    const heard = JSON.stringify(socket.frames).includes(sent.id);
    if (heard && !mayRead) surprises.push(`${caller} heard it`);
    await socket[Symbol.asyncDispose]();
  }
  expect(surprises).toEqual([]);
});
