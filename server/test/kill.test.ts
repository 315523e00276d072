import { randomInt } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { v7 as uuidv7 } from "uuid";
import type { ConversationId } from "../src/domain/ids.ts";
import { runningServer } from "../src/store/postgres/embedded.ts";
import { openDatabase } from "../src/store/postgres/pool.ts";
import { expectSound } from "./harness/committer.ts";
import { makeDataDirectory } from "./harness/data-directory.ts";
import { runCommand, startProcess, type ParleyProcess } from "./harness/process.ts";
import { plainSocket, type PlainSocket } from "./harness/plain-socket.ts";

const ROUNDS = 10;
const PEOPLE = ["ada", "grace", "edsger", "barbara"];
const CONVERSATIONS = 6;
/** Sends of one person that are not yet acknowledged. */
const WINDOW = 40;

interface Acknowledged {
  readonly conversationId: string;
  readonly seq: number;
  readonly ordinal: number;
  readonly content: string;
}

const directory = makeDataDirectory("parley-kill-");
const settings = { PARLEY_RATE_LIMITS: "off", PARLEY_LOG_LEVEL: "info", PARLEY_DEV: "0" };
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function tokenFor(user: string): Promise<string> {
  const { output } = await runCommand(directory, ["token", "--user", user]);
  return output.trim().split("\n").at(-1) ?? "";
}

async function call<T>(url: string, token: string, method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

/** Sends without pause, WINDOW at once, until the socket breaks; notes what was acknowledged. */
async function sendUntilKilled(
  socket: PlainSocket,
  name: string,
  conversations: readonly string[],
  acknowledged: Map<string, Acknowledged>,
): Promise<void> {
  let count = 0;
  const worker = async (): Promise<void> => {
    for (;;) {
      const id = uuidv7();
      const conversationId = conversations[randomInt(conversations.length)] as string;
      const content = `${name} ${(count += 1)} ${id}`;
      const reply = await socket.ask<{ message: { seq: number; ordinal: number } }>("send_message", {
        id,
        conversation_id: conversationId,
        content,
      });
      acknowledged.set(id, { conversationId, seq: reply.message.seq, ordinal: reply.message.ordinal, content });
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: WINDOW }, worker));
  const surprise = ends.find((end) => end.status === "rejected" && !socket.isGone());
  if (surprise?.status === "rejected") throw surprise.reason;
}

/** The process and, every other round, its database as well: nobody gets to say good-bye. */
async function killHard(parley: ParleyProcess, alsoDatabase: boolean): Promise<void> {
  const postmaster = Number(readFileSync(join(directory, "postgres", "postmaster.pid"), "utf8").split("\n")[0]);
  parley.kill("SIGKILL");
  if (alsoDatabase) process.kill(postmaster, "SIGKILL");
  await parley.exited;
}

async function checkAll(
  url: string,
  token: string,
  conversations: readonly string[],
  acknowledged: ReadonlyMap<string, Acknowledged>,
): Promise<number> {
  const found = new Map<string, Acknowledged>();
  for (const conversationId of conversations) {
    const messages = await readAll(url, token, conversationId);
    expect(
      messages.map((message) => message.ordinal),
      "ordinals are 1, 2, 3 … in the order of seqs",
    ).toEqual(messages.map((_, index) => index + 1));
    for (const { id, seq, ordinal, content } of messages) {
      expect(found.has(id), `${id} is there once`).toBe(false);
      found.set(id, { conversationId, seq, ordinal, content });
    }
  }
  for (const [id, sent] of acknowledged) expect(found.get(id), `${id} was acknowledged`).toEqual(sent);
  return found.size;
}

interface WireMessage {
  id: string;
  seq: number;
  ordinal: number;
  content: string;
}

async function readAll(url: string, token: string, conversationId: string): Promise<WireMessage[]> {
  const messages: WireMessage[] = [];
  for (let cursor: string | null = null; ;) {
    const page: { items: WireMessage[]; next_cursor: string | null } = await call(
      url,
      token,
      "GET",
      `/v1/conversations/${conversationId}/messages?limit=100${cursor ? `&cursor=${cursor}` : ""}`,
    );
    messages.push(...page.items);
    if (!page.next_cursor) break;
    cursor = page.next_cursor;
  }
  return messages.toSorted((a, b) => a.seq - b.seq);
}

test(
  `killed ${ROUNDS} times in the middle of load: nothing acknowledged is lost, doubled or moved`,
  { timeout: 240_000 },
  async () => {
    let parley = startProcess(directory, settings);
    let url = await parley.ready;
    const tokens = await Promise.all(PEOPLE.map(tokenFor));
    const ids = await Promise.all(
      tokens.map(async (token) => (await call<{ id: string }>(url, token, "GET", "/v1/users/me")).id),
    );
    const service = (await runCommand(directory, ["token", "--service"])).output.trim().split("\n").at(-1) ?? "";
    const conversations: string[] = [];
    for (let number = 0; number < CONVERSATIONS; number += 1) {
      const body = { kind: "group", title: `Group ${number}`, member_ids: ids };
      conversations.push((await call<{ id: string }>(url, service, "POST", "/v1/conversations", body)).id);
    }
    const acknowledged = new Map<string, Acknowledged>();
    for (let round = 0; round < ROUNDS; round += 1) {
      const before = acknowledged.size;
      const sockets = await Promise.all(tokens.map((token) => plainSocket(url, token)));
      const senders = sockets.map((socket, index) =>
        sendUntilKilled(socket, PEOPLE[index] as string, conversations, acknowledged),
      );
      // In the middle of load, wherever that is: counted in messages, since machines are not equally fast.
      const enough = before + 50 + randomInt(500);
      await vi.waitUntil(() => acknowledged.size >= enough, { timeout: 20_000, interval: 1 });
      await killHard(parley, round % 2 === 1);
      await Promise.all(senders);
      parley = startProcess(directory, settings);
      url = await parley.ready;
      await checkAll(url, tokens[0] as string, conversations, acknowledged);
    }
    const password = readFileSync(join(directory, "secrets", "database-password"), "utf8").trim();
    const database = openDatabase({ connectionString: runningServer(directory, password) ?? "" });
    for (const conversationId of conversations) await expectSound(database, conversationId as ConversationId);
    await database.close();
    await parley[Symbol.asyncDispose]();
  },
);
