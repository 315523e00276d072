import { CLOSE_CODES } from "@parley/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { useTestDatabase } from "./harness/database.ts";
import { tokenFor } from "./harness/http.ts";
import { startLiveNode, type LiveNode, type Person } from "./harness/live-node.ts";
import { SocketClient } from "./harness/socket.ts";
import { until } from "./harness/until.ts";

const store = useTestDatabase();
let node: LiveNode;
let ada: Person;
let bob: Person;

beforeAll(async () => {
  node = await startLiveNode(store.database);
  ada = await node.person({ name: "Ada" });
  bob = await node.person({ name: "Bob" });
});
afterAll(async () => {
  expect(node.troubles).toEqual([]);
  await node[Symbol.asyncDispose]();
});

const group = () => node.make(ada, { kind: "group", title: "Both", member_ids: [bob.caller.userId] });

test("a socket authenticates by header, by subprotocol, by first frame and by query, and is told who it is", async () => {
  const expected = { user_id: ada.caller.userId, heartbeat_seconds: 30 };
  {
    await using client = await SocketClient.open(node.url, { token: ada.token });
    const connected = await client.next("connected");
    expect(connected.data).toMatchObject(expected);
    expect(connected.id).toBeUndefined();
  }
  {
    await using client = await SocketClient.open(node.url, { protocols: ["parley.v1", `bearer.${ada.token}`] });
    expect((await client.next("connected")).data).toMatchObject(expected);
    expect(client.socket.protocol).toBe("parley.v1");
  }
  {
    await using client = await SocketClient.open(node.url, { query: `?token=${ada.token}` });
    expect((await client.next("connected")).data).toMatchObject(expected);
  }
  {
    await using client = await SocketClient.open(node.url);
    const connected = await client.command("authenticate", { token: ada.token });
    expect(connected).toMatchObject({ type: "connected", id: "1", data: expected });
  }
  expect(node.logged.join("\n")).not.toContain(ada.token);
});

test("what a socket sends is answered after the commit and comes to everyone as an event, the sender included", async () => {
  const id = await group();
  const [one, other] = [await node.connect(ada), await node.connect(bob)];
  const { message } = (await one.ok("send_message", { conversation_id: id, content: "hello" })) as {
    message: { id: string; seq: number };
  };
  for (const client of [one, other]) {
    const event = await client.version(id, message.seq);
    expect(event).toMatchObject({
      type: "message.created",
      user_id: ada.caller.userId,
      data: { id: message.id, content: "hello" },
    });
  }
});

test("commands of one conversation take effect and are answered in order, however many are under way", async () => {
  const id = await group();
  const client = await node.connect(ada);
  const before = node.committer.batches.length;
  // Looking up who is mentioned takes longer than the others take.
  const contents = Array.from({ length: 60 }, (_, n) => (n % 5 === 0 ? `@nobody ${n}` : `message ${n}`));
  const answered: number[] = [];
  const replies = await Promise.all(
    contents.map(async (content, n) => {
      const reply = await client.ok("send_message", { conversation_id: id, content });
      answered.push(n);
      return reply as { message: { content: string; ordinal: number } };
    }),
  );
  const ordinals = replies.map(({ message }) => message.ordinal);
  expect(ordinals).toEqual(ordinals.toSorted((a, b) => a - b));
  expect(replies.map(({ message }) => message.content)).toEqual(contents);
  expect(answered).toEqual(contents.map((_, n) => n));
  expect(node.committer.batches.length - before).toBeLessThan(30);
});

test("an edit and a reaction that follow a send find the message, and a refusal does not overtake", async () => {
  const id = await group();
  const client = await node.connect(ada);
  const messageId = crypto.randomUUID();
  const answered: string[] = [];
  const said = (word: string) => (reply: { type: string; data: unknown }) => {
    answered.push(word);
    return reply;
  };
  const replies = await Promise.all([
    client.command("send_message", { id: messageId, conversation_id: id, content: "one" }).then(said("send")),
    client.command("edit_message", { conversation_id: id, message_id: messageId, content: "two" }).then(said("edit")),
    client
      .command("edit_message", { conversation_id: id, message_id: crypto.randomUUID(), content: "x" })
      .then(said("refused")),
    client.command("add_reaction", { conversation_id: id, message_id: messageId, reaction: "👍" }).then(said("react")),
    client
      .command("remove_reaction", { conversation_id: id, message_id: messageId, reaction: "👍" })
      .then(said("unreact")),
    client.command("delete_message", { conversation_id: id, message_id: messageId }).then(said("delete")),
  ]);
  expect(answered).toEqual(["send", "edit", "refused", "react", "unreact", "delete"]);
  expect(replies.map((reply) => reply.type)).toEqual(["ok", "ok", "error", "ok", "ok", "ok"]);
  expect(replies[3]?.data).toEqual({ message_id: messageId, reaction: "👍", user_id: ada.caller.userId, count: 1 });
  await until(() => client.changes(id).length >= 5);
  const types = client.changes(id).map((event) => event.type);
  expect(types.slice(-5)).toEqual([
    "message.created",
    "message.updated",
    "reaction.added",
    "reaction.removed",
    "message.deleted",
  ]);
});

test("a reaction or an edit that names another conversation is not found there", async () => {
  const id = await group();
  const elsewhere = await group();
  const { id: messageId } = await node.say(bob, id);
  const client = await node.connect(ada);
  const there = { conversation_id: elsewhere, message_id: messageId };
  expect(await client.refused("add_reaction", { ...there, reaction: "👍" })).toMatchObject({ code: "not_found" });
  expect(await client.refused("remove_reaction", { ...there, reaction: "👍" })).toMatchObject({ code: "not_found" });
  expect(await client.refused("edit_message", { ...there, content: "x" })).toMatchObject({ code: "not_found" });
  expect(await client.refused("delete_message", there)).toMatchObject({ code: "not_found" });
});

test("ping, marks, open and close are answered, and a command without an id only when it fails", async () => {
  const id = await group();
  const { seq } = await node.say(bob, id);
  const client = await node.connect(ada);
  expect(await client.command("ping", {})).toMatchObject({ type: "pong", id: "1" });
  expect(await client.ok("mark_read", { conversation_id: id, seq })).toEqual({
    last_read_seq: seq,
    unread_count: 0,
    updated_count: 1,
  });
  expect(await client.ok("mark_delivered", { conversation_id: id })).toEqual({
    last_delivered_seq: seq,
    updated_count: 0,
  });
  const opened = await client.ok("open", { conversation_id: id });
  expect(opened.head).toBe(seq);
  expect(opened.marks).toHaveLength(2);
  expect(await client.ok("close", { conversation_id: id })).toEqual({});
  client.sendRaw(JSON.stringify({ type: "open", data: { conversation_id: id } }));
  client.sendRaw(JSON.stringify({ type: "open", data: { conversation_id: crypto.randomUUID() } }));
  expect(await client.next("error")).toEqual({
    type: "error",
    data: { code: "not_found", message: "There is no such conversation, or you may not see it." },
  });
  expect(client.frames.filter((frame) => frame.type === "ok")).toHaveLength(4);
});

test("frames that are no commands are answered with what is wrong with them, and the tenth closes the socket", async () => {
  const client = await node.connect(ada);
  const bad = [
    "{",
    "[]",
    "null",
    '"text"',
    "{}",
    '{"type":"fly"}',
    '{"type":5}',
    '{"type":"toString"}',
    '{"type":"__proto__","id":"x"}',
  ];
  for (const frame of bad) client.sendRaw(frame);
  await client.next("error", bad.length - 1);
  const errors = client.frames.filter((frame) => frame.type === "error");
  expect(errors.map((error) => error.data.code)).toEqual(bad.map(() => "invalid_frame"));
  expect(errors.at(-1)?.id).toBe("x");
  // A known command with wrong data is another matter.
  client.sendRaw('{"type":"open","id":"1","data":{"conversation_id":"no","more":1}}');
  const wrong = await client.next("error", bad.length);
  expect(wrong).toMatchObject({ id: "1", data: { code: "validation_failed" } });
  expect(wrong.data.errors?.map(({ path }) => path).toSorted()).toEqual(["data.conversation_id", "data.more"]);
  client.sendRaw('{"type":"ping","id":7}');
  expect((await client.next("error", bad.length + 1)).data).toMatchObject({
    code: "validation_failed",
    errors: [{ path: "id" }],
  });
  client.sendRaw("no json");
  expect(await client.closed).toEqual({ code: CLOSE_CODES.protocol_error, reason: "protocol_error" });
});

test("lone surrogates, NUL, deep and large frames are refused, and nothing breaks", async () => {
  const id = await group();
  const client = await node.connect(ada);
  const send = (content: string, more = ""): void =>
    client.sendRaw(`{"type":"send_message","id":"1","data":{"conversation_id":"${id}","content":"${content}"${more}}}`);
  send("\\u0000");
  send("\\ud800");
  send("x", `,"metadata":${'{"a":'.repeat(40)}1${"}".repeat(40)}`);
  client.sendRaw(`{"type":"ping","id":"1","data":${"[".repeat(100_000)}${"]".repeat(100_000)}}`);
  client.sendRaw(`{"type":"send_message","id":"1","data":{"content":"${"x".repeat(1_048_576)}"}}`);
  await client.next("error", 4);
  const codes = client.frames.filter((frame) => frame.type === "error").map((frame) => frame.data.code);
  expect(codes).toEqual([
    "validation_failed",
    "validation_failed",
    "validation_failed",
    "validation_failed",
    "too_large",
  ]);
  expect((await client.command("ping", {})).type).toBe("pong");
  client.sendRaw("x".repeat(3 * 1_048_576));
  expect((await client.closed).code).toBe(1009);
});

test("a binary frame and a first frame that does not authenticate are protocol errors", async () => {
  const client = await node.connect(ada);
  client.sendRaw(Buffer.from('{"type":"ping"}'));
  expect((await client.closed).code).toBe(CLOSE_CODES.protocol_error);
  await using stranger = await SocketClient.open(node.url);
  stranger.sendRaw('{"type":"ping","id":"1"}');
  expect((await stranger.next("error")).data.code).toBe("invalid_frame");
  expect((await stranger.closed).code).toBe(CLOSE_CODES.protocol_error);
});

test("no valid token closes with 4401, wherever it came from", async () => {
  const expired = await tokenFor("somebody", { exp: Math.floor(Date.now() / 1_000) - 3_600 });
  for (const options of [
    { token: "nonsense" },
    { token: expired },
    { headers: { authorization: "Basic YWRhOmFkYQ==" } },
    { protocols: ["parley.v1", "bearer.nonsense"] },
    { query: "?token=nonsense" },
  ]) {
    await using client = await SocketClient.open(node.url, options);
    expect((await client.next("error")).data.code).toBe("unauthenticated");
    expect(await client.closed).toEqual({ code: CLOSE_CODES.unauthenticated, reason: "unauthenticated" });
  }
  await using client = await SocketClient.open(node.url);
  expect((await client.refused("authenticate", { token: "nonsense" })).code).toBe("unauthenticated");
  expect((await client.closed).code).toBe(CLOSE_CODES.unauthenticated);
});

test("frames that come before the answer to the authentication wait for it", async () => {
  const id = await group();
  await using client = await SocketClient.open(node.url);
  const replies = await Promise.all([
    client.command("authenticate", { token: ada.token }),
    client.command("send_message", { conversation_id: id, content: "early" }),
    client.command("ping", {}),
  ]);
  expect(replies.map(({ type }) => type)).toEqual(["connected", "ok", "pong"]);
});

test("a new token of the same user prolongs a socket, that of somebody else does not", async () => {
  const client = await node.connect(ada);
  expect(await client.command("authenticate", { token: ada.token })).toMatchObject({ type: "connected", id: "1" });
  expect(await client.refused("authenticate", { token: bob.token })).toMatchObject({ code: "permission_denied" });
  expect(await client.refused("authenticate", { token: "nonsense" })).toMatchObject({ code: "unauthenticated" });
  expect((await client.command("ping", {})).type).toBe("pong");
});

test("who is locked out or whose token is revoked is closed with 4403", async () => {
  const eve = await node.person();
  const client = await node.connect(eve);
  node.hub.revoke(eve.caller.userId);
  expect(await client.closed).toEqual({ code: CLOSE_CODES.revoked, reason: "revoked" });
});

test("another path is 404, and the metrics know the sockets", async () => {
  await expect(SocketClient.open(node.url, { query: "/elsewhere" })).rejects.toThrow("404");
  const before = (await node.metrics.sockets.get()).values[0]?.value ?? 0;
  const client = await node.connect(ada);
  expect((await node.metrics.sockets.get()).values[0]?.value).toBe(before + 1);
  await client[Symbol.asyncDispose]();
  await until(async () => (await node.metrics.sockets.get()).values[0]?.value === before);
});
