import {
  COMMAND_TYPES,
  ERROR_CODES,
  OK_DATA,
  type CommandInput,
  type CommandType,
  type ErrorCode,
  type Message,
  type Reply,
} from "@parley/protocol";
import { randomUUID } from "node:crypto";
import { v7 as uuidv7 } from "uuid";
import type * as z from "zod";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestDatabase, useTestDatabase } from "../harness/database.ts";
import { mint, startNode, type Person, type TestNode } from "../harness/node.ts";
import { run } from "../harness/rows.ts";
import { SocketClient } from "../harness/socket.ts";
import { BROKEN_STATEMENT, CONNECTION_LOST, makeFaulty } from "./faulty-database.ts";
import { makeWorld, type World } from "./happy-paths.ts";
import { makeStranger } from "./places.ts";

/** Every command of the socket with its answer, and every error that one can be answered with. */
const store = useTestDatabase();
let node: TestNode;
let world: World;
let ada: SocketClient;
let grace: SocketClient;

beforeAll(async () => {
  node = await startNode(store.database);
  world = await makeWorld(node);
  [ada, grace] = await Promise.all([
    SocketClient.connect(node.url, world.ada.token),
    SocketClient.connect(node.url, world.grace.token),
  ]);
});
afterAll(async () => {
  await Promise.all([ada[Symbol.asyncDispose](), grace[Symbol.asyncDispose]()]);
  expect(node.faults()).toEqual([]);
  await node.close();
});

type DataOf<Type extends CommandType> = Extract<CommandInput, { type: Type }>["data"];
type Asked = {
  [Type in CommandType]: {
    type: Type;
    data: (message: Message) => DataOf<Type> | Promise<DataOf<Type>>;
    like?: unknown;
  };
}[CommandType];

const inGroup = () => ({ conversation_id: world.group });
const of = (message: Message) => ({ ...inGroup(), message_id: message.id });
const inAnHour = (): string => new Date(Date.now() + 3_600_000).toISOString();

const COMMANDS: readonly Asked[] = [
  {
    type: "authenticate",
    data: () => mint({ sub: world.ada.username, n: 1 }).then((token) => ({ token })),
    like: { heartbeat_seconds: 30 },
  },
  {
    type: "resume",
    data: () => ({ conversations: { [world.group]: 1, [uuidv7()]: 4 } }),
    like: { gone: [{ reason: "unknown" }], next_cursor: null },
  },
  {
    type: "send_message",
    data: () => ({ ...inGroup(), content: "hello" }),
    like: { duplicate: false, message: { content: "hello" } },
  },
  {
    type: "send_message",
    data: () => ({ recipient_id: world.grace.id, content: "psst" }),
    like: { message: { content: "psst" } },
  },
  { type: "send_message", data: () => ({ content: "help" }), like: { message: { content: "help" } } },
  {
    type: "send_message",
    data: () => ({ ...inGroup(), content: "later", send_at: inAnHour() }),
    like: { scheduled: { status: "pending" } },
  },
  {
    type: "send_message",
    data: (message) => ({ ...inGroup(), content: "a reply", parent_id: message.id }),
    like: { message: { depth: 1, thread: { reply_count: 1 } } },
  },
  {
    type: "edit_message",
    data: (message) => ({ ...of(message), content: "hello!" }),
    like: { message: { content: "hello!" } },
  },
  { type: "delete_message", data: of },
  { type: "add_reaction", data: (message) => ({ ...of(message), reaction: "👍" }), like: { count: 1 } },
  { type: "remove_reaction", data: (message) => ({ ...of(message), reaction: "👍" }) },
  { type: "mark_read", data: (message) => of(message), like: { last_read_seq: expect.any(Number) } },
  {
    type: "mark_delivered",
    data: (message) => ({ ...inGroup(), seq: message.seq }),
    like: { last_delivered_seq: expect.any(Number) },
  },
  { type: "typing", data: () => ({ ...inGroup(), is_typing: true }) },
  { type: "open", data: inGroup, like: { head: expect.any(Number), marks: expect.any(Array) } },
  { type: "close", data: inGroup },
  {
    type: "watch_presence",
    data: () => ({ user_ids: [world.grace.id, uuidv7()] }),
    like: { items: [{ status: "online" }, { status: "offline" }] },
  },
  { type: "set_presence", data: () => ({ status: "away" }) },
  { type: "ping", data: () => ({}), like: { timestamp: expect.any(String) } },
];

const ANSWERED_BY: Partial<Record<CommandType, Reply["type"]>> = {
  authenticate: "connected",
  resume: "resumed",
  ping: "pong",
};

describe("commands", () => {
  test("all of them are asked here", () =>
    expect([...new Set(COMMANDS.map(({ type }) => type))]).toEqual(COMMAND_TYPES));

  test.each(COMMANDS.map((asked) => [asked.type, asked] as const))(
    "%s is answered as documented",
    async (type, asked) => {
      const person = type === "authenticate" ? await node.person("another") : world.ada;
      await using client = await SocketClient.connect(node.url, person.token);
      const message = await node.done<Message>(world.ada, "POST", `/v1/conversations/${world.group}/messages`, {
        content: "hi",
      });
      const data = type === "authenticate" ? { token: person.token } : await asked.data(message);
      const reply = await client.command(type, data);
      expect(reply.type, JSON.stringify(reply)).toBe(ANSWERED_BY[type] ?? "ok");
      if (reply.type === "ok")
        expect((OK_DATA[type as keyof typeof OK_DATA] as z.ZodType).parse(reply.data)).toEqual(reply.data);
      if (asked.like !== undefined) expect(reply.data).toMatchObject(asked.like as object);
    },
  );

  test("without an id they are answered only when they fail", async () => {
    await using client = await SocketClient.connect(node.url, world.ada.token);
    const before = client.frames.length;
    client.sendRaw(JSON.stringify({ type: "mark_read", data: inGroup() }));
    client.sendRaw(JSON.stringify({ type: "mark_read", data: { conversation_id: uuidv7() } }));
    expect(await client.next("error")).toMatchObject({ data: { code: "not_found" } });
    expect(client.frames.slice(before).filter(({ type }) => type === "ok")).toEqual([]);
  });
});

/** How each code comes about on a socket. */
const REFUSALS: Readonly<Partial<Record<ErrorCode, () => Promise<Reply>>>> = {
  validation_failed: () => ada.command("typing", { ...inGroup(), is_typing: "yes" } as never),
  invalid_frame: () => ada.command("dance" as never, {} as never),
  unauthenticated: () => ada.command("authenticate", { token: "x" }),
  permission_denied: () => grace.command("delete_message", of(world.message)),
  not_a_member: async () => {
    const { id } = await node.done<{ id: string }>(world.ada, "POST", "/v1/conversations", {
      kind: "channel",
      title: "Open",
      visibility: "public",
    });
    return await grace.command("send_message", { conversation_id: id, content: "hello" });
  },
  contact_refused: async () =>
    ada.command("send_message", { recipient_id: (await node.person("shy")).id, content: "hello" }),
  edit_window_over: async () => {
    const { id } = await node.done<Message>(world.ada, "POST", `/v1/conversations/${world.group}/messages`, {
      content: "typso",
    });
    await run(store.database, "UPDATE messages SET created_at = created_at - interval '1 hour' WHERE id = $1", [id]);
    return await ada.command("edit_message", { ...inGroup(), message_id: id, content: "typos" });
  },
  not_found: () => ada.command("open", { conversation_id: uuidv7() }),
  conflict: () => ada.command("send_message", { id: world.message.id, ...inGroup(), content: "something else" }),
  message_deleted: async () => {
    const { id } = await node.done<Message>(world.ada, "POST", `/v1/conversations/${world.group}/messages`, {
      content: "gone",
    });
    await ada.ok("delete_message", { ...inGroup(), message_id: id });
    return await ada.command("add_reaction", { ...inGroup(), message_id: id, reaction: "👍" });
  },
  too_large: async () => {
    const before = ada.frames.filter(({ type }) => type === "error").length;
    ada.sendRaw(JSON.stringify({ type: "ping", id: "big", data: { x: "x".repeat(1_100_000) } }));
    return await ada.next("error", before);
  },
  rate_limited: async () => {
    const body = { kind: "group", title: "Slow", member_ids: [world.grace.id], settings: { slow_mode_seconds: 600 } };
    const { id } = await node.done<{ id: string }>(world.ada, "POST", "/v1/conversations", body);
    await grace.ok("send_message", { conversation_id: id, content: "one" });
    return await grace.command("send_message", { conversation_id: id, content: "two" });
  },
  internal: () => withFault(BROKEN_STATEMENT),
  overloaded: () => withFault(CONNECTION_LOST),
};

/** Codes that only HTTP has, or that no command can come to. */
const NOT_ON_SOCKETS: readonly ErrorCode[] = ["method_not_allowed", "transfer_required", "unsupported_media_type"];

async function withFault(error: Error): Promise<Reply> {
  await using test = await createTestDatabase();
  const faulty = makeFaulty(test.open());
  const broken = await startNode(faulty.database);
  try {
    const [person, other] = [await broken.person("ada"), await makeStranger(broken)];
    const { id } = await broken.done<{ id: string }>(person, "POST", "/v1/conversations", {
      kind: "direct",
      member_ids: [other.id],
    });
    await using client = await SocketClient.connect(broken.url, person.token);
    faulty.failWith(error);
    const reply = await client.command("mark_read", { conversation_id: id });
    faulty.failWith(undefined);
    expect((await client.command("mark_read", { conversation_id: id })).type, "the socket lives on").toBe("ok");
    return reply;
  } finally {
    faulty.failWith(undefined);
    await broken.close();
  }
}

describe("errors", () => {
  test("every code is produced here, but for those of HTTP", () => {
    expect(ERROR_CODES.filter((code) => !Object.hasOwn(REFUSALS, code)).toSorted()).toEqual(NOT_ON_SOCKETS);
  });

  test.each(Object.entries(REFUSALS))("%s", async (code, refuse) => {
    const reply = await refuse();
    expect(reply).toMatchObject({ type: "error", data: { code, message: expect.stringMatching(/.{5}/) } });
    if (reply.type !== "error") return;
    expect(reply.data.errors !== undefined).toBe(code === "validation_failed");
    expect(reply.data.retry_after_seconds !== undefined).toBe(code === "rate_limited" || code === "overloaded");
    expect(reply.data.message).not.toMatch(/hunter2|SELECT|administrator|\bat .*:\d+/);
  });
});

test("who may not read a conversation hears nothing of it, and gets nothing of it", async () => {
  const outsider: Person = await makeStranger(node);
  await using client = await SocketClient.connect(node.url, outsider.token);
  const before = client.frames.length;
  const place = of(world.message);
  const replies = [
    await client.command("open", inGroup()),
    await client.command("send_message", { ...inGroup(), content: "let me in" }),
    await client.command("edit_message", { ...place, content: "mine" }),
    await client.command("delete_message", place),
    await client.command("add_reaction", { ...place, reaction: "👍" }),
    await client.command("remove_reaction", { ...place, reaction: "👍" }),
    await client.command("mark_read", inGroup()),
    await client.command("mark_delivered", inGroup()),
    await client.command("typing", { ...inGroup(), is_typing: true }),
  ];
  for (const reply of replies) expect(reply).toMatchObject({ type: "error", data: { code: "not_found" } });
  expect(await client.command("resume", { conversations: { [world.group]: 1 } })).toMatchObject({
    type: "resumed",
    data: { conversations: [], gone: [{ id: world.group, reason: "unknown" }] },
  });
  await ada.ok("send_message", { ...inGroup(), content: `secret ${randomUUID()}` });
  await client.command("ping", {});
  expect(client.frames.slice(before).filter((frame) => "conversation_id" in frame)).toEqual([]);
});

test("a member who is removed hears of it, and then nothing more", async () => {
  const member = await makeStranger(node);
  const { id } = await node.done<{ id: string }>(world.ada, "POST", "/v1/conversations", {
    kind: "group",
    title: "Short",
    member_ids: [member.id],
  });
  await using client = await SocketClient.connect(node.url, member.token);
  await ada.ok("send_message", { conversation_id: id, content: "one" });
  await node.done(world.ada, "DELETE", `/v1/conversations/${id}/members/${member.id}`);
  await ada.ok("send_message", { conversation_id: id, content: "two" });
  await client.next("member.removed");
  await client.command("ping", {});
  const heard = client.changes(id).map(({ type }) => type);
  expect(heard.filter((type) => type !== "conversation.created")).toEqual(["message.created", "member.removed"]);
  expect(await client.refused("send_message", { conversation_id: id, content: "three" })).toMatchObject({
    code: "not_found",
  });
});
