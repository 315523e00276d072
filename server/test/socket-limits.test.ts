import { CLOSE_CODES } from "@parley/protocol";
import { afterEach, expect, test } from "vitest";
import { useTestDatabase } from "./harness/database.ts";
import { tokenFor } from "./harness/http.ts";
import { startLiveNode, type LiveNode, type LiveNodeOptions } from "./harness/live-node.ts";
import { SocketClient } from "./harness/socket.ts";
import { until } from "./harness/until.ts";

const store = useTestDatabase();
let node: LiveNode | undefined;

async function start(options: LiveNodeOptions): Promise<LiveNode> {
  node = await startLiveNode(store.database, options);
  return node;
}

afterEach(async () => {
  await node?.[Symbol.asyncDispose]();
  node = undefined;
});

/** A clock that a test moves. */
function clock(): { now: () => number; pass(milliseconds: number): void } {
  let passed = 0;
  return { now: () => Date.now() + passed, pass: (milliseconds) => void (passed += milliseconds) };
}

test("a silent socket is closed with 4408 after a minute, one that is heard is not", async () => {
  const time = clock();
  const { connect, person } = await start({ now: time.now, socket: { sweepMs: 5 } });
  const ada = await person();
  const [silent, pinging, ponging] = [await connect(ada), await connect(ada), await connect(ada)];
  time.pass(40_000);
  await pinging.command("ping", {});
  ponging.socket.ping();
  await new Promise((resolve) => ponging.socket.once("pong", resolve));
  time.pass(30_000);
  expect(await silent.closed).toEqual({ code: CLOSE_CODES.heartbeat, reason: "heartbeat" });
  expect(pinging.isClosed || ponging.isClosed).toBe(false);
});

test("who does not say who they are within ten seconds is closed with 4401", async () => {
  const time = clock();
  const { url } = await start({ now: time.now, socket: { sweepMs: 5 } });
  await using client = await SocketClient.open(url);
  time.pass(10_001);
  expect(await client.closed).toEqual({ code: CLOSE_CODES.unauthenticated, reason: "unauthenticated" });
});

test("a socket ends with its token, and lives on with a new one", async () => {
  const time = clock();
  const { url } = await start({ now: time.now, socket: { sweepMs: 5, silenceMs: 3_600_000 } });
  const inSeconds = (seconds: number) => tokenFor("ada", { exp: Math.floor(Date.now() / 1_000) + seconds });
  await using ending = await SocketClient.connect(url, await inSeconds(100));
  await using renewed = await SocketClient.connect(url, await inSeconds(100));
  expect((await renewed.command("authenticate", { token: await inSeconds(1_000) })).type).toBe("connected");
  time.pass(150_000);
  expect(await ending.closed).toEqual({ code: CLOSE_CODES.unauthenticated, reason: "unauthenticated" });
  expect((await renewed.command("ping", {})).type).toBe("pong");
});

test("a clock that is set forth and back closes nothing and takes nobody for a flood", async () => {
  const time = clock();
  const { connect, person } = await start({
    now: time.now,
    ticks: () => performance.now(),
    socket: { sweepMs: 5, frames: { count: 10, seconds: 1, burst: 5 } },
  });
  const ada = await person();
  const client = await connect(ada);
  for (const hours of [0.9, -1.8, 0.5]) {
    time.pass(hours * 3_600_000);
    await client.command("ping", {});
    // Twice through what looks after sockets.
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(client.isClosed).toBe(false);
});

test("a flood of frames is closed with 4429, and too many sockets of one user are refused", async () => {
  const { connect, person, url } = await start({
    socket: { frames: { count: 10, seconds: 1, burst: 50 } },
    hub: { sessionsPerUser: 2 },
  });
  const ada = await person();
  const client = await connect(ada);
  for (let n = 0; n < 60; n += 1) client.sendRaw('{"type":"ping"}');
  expect(await client.closed).toEqual({ code: CLOSE_CODES.rate_limited, reason: "rate_limited" });
  await connect(ada);
  await connect(ada);
  await using third = await SocketClient.open(url, { token: ada.token });
  expect((await third.next("error")).data).toMatchObject({ code: "rate_limited", retry_after_seconds: 5 });
  expect((await third.closed).code).toBe(CLOSE_CODES.rate_limited);
});

test("a slow consumer loses signals first and is closed with 4409 then, and nobody else notices", async () => {
  const { connect, person, make, say, hub, metrics } = await start({ socket: { budgetBytes: 200_000, closeMs: 200 } });
  const [ada, bob] = [await person(), await person()];
  const id = await make(ada, { kind: "group", title: "Busy", member_ids: [bob.caller.userId] });
  const [slow, quick] = [await connect(ada), await connect(bob)];
  slow.socket.pause();
  const content = "x".repeat(10_000);
  let last = 0;
  // What the kernel buffers for a socket that is not read, is some megabytes.
  while (((await metrics.slowCloses.get()).values[0]?.value ?? 0) === 0) {
    last = (await say(bob, id, content)).seq;
    hub.toUser(ada.caller.userId, {
      type: "space.updated",
      user_id: null,
      timestamp: new Date().toISOString(),
      data: { space_id: id },
    });
  }
  slow.socket.resume();
  expect((await slow.closed).code).toBe(CLOSE_CODES.slow_consumer);
  await quick.version(id, last);
  const versions = quick.changes(id).map((event) => event.version);
  expect(versions).toEqual(Array.from({ length: versions.length }, (_, n) => (versions[0] ?? 0) + n));
  expect((await metrics.droppedSignals.get()).values[0]?.value).toBeGreaterThan(0);
});

test("while too many commands are under way nothing more is read, and everything is answered in the end", async () => {
  const { connect, person, make } = await start({ socket: { commands: 4 } });
  const [ada, bob] = [await person(), await person()];
  const id = await make(ada, { kind: "direct", member_ids: [bob.caller.userId] });
  const client = await connect(ada);
  const replies = await Promise.all(
    Array.from({ length: 200 }, (_, n) => client.ok("send_message", { conversation_id: id, content: `${n}` })),
  );
  expect(replies.map((reply) => ("message" in reply ? reply.message.content : ""))).toEqual(
    replies.map((_, n) => `${n}`),
  );
});

test("a node that stops takes no more sockets, answers what is under way, and closes with 1012", async () => {
  const { connect, person, make, sockets, url, committer } = await start({});
  const [ada, bob] = [await person(), await person()];
  const id = await make(ada, { kind: "direct", member_ids: [bob.caller.userId] });
  const [client, idle] = [await connect(ada), await connect(bob)];
  // Somebody else holds the head, so that the sends cannot be done at once.
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const holding = store.database.transaction(async (tx) => {
    await tx.query({ text: "SELECT FROM conversation_heads WHERE conversation_id = $1 FOR UPDATE", values: [id] });
    await held;
  });
  const replies = Promise.all(
    Array.from({ length: 20 }, (_, n) => client.command("send_message", { conversation_id: id, content: `${n}` })),
  );
  // Taken in order: with the answer to this one, all of them are under way.
  await client.command("ping", {});
  await until(() => committer.queued() > 0);
  const stopping = sockets.close();
  expect(await idle.closed).toEqual({ code: CLOSE_CODES.restart, reason: "restart" });
  await expect(SocketClient.open(url, { token: ada.token })).rejects.toThrow("503");
  expect(client.isClosed).toBe(false);
  release();
  await holding;
  expect((await replies).map((reply) => reply.type)).toEqual(Array.from({ length: 20 }, () => "ok"));
  expect((await client.closed).code).toBe(CLOSE_CODES.restart);
  await stopping;
});

test("a fault of ours is logged, masked and named, and the socket lives on", async () => {
  const { connect, person, make, say, logged } = await start({});
  const [ada, bob] = [await person(), await person()];
  const id = await make(ada, { kind: "direct", member_ids: [bob.caller.userId] });
  const { id: messageId } = await say(bob, id);
  const client = await connect(ada);
  await store.database.transaction((tx) => tx.execute({ text: "ALTER TABLE messages RENAME TO messages_away" }));
  try {
    const { code, message } = await client.refused("mark_read", { conversation_id: id, message_id: messageId });
    expect(code).toBe("internal");
    const [reference = "none"] = /[0-9a-f-]{36}/.exec(message) ?? [];
    expect(message).toBe(`Something went wrong here. Name ${reference} to whoever runs this server.`);
    expect(logged.find((line) => line.includes(reference))).toContain("mark_read");
  } finally {
    await store.database.transaction((tx) => tx.execute({ text: "ALTER TABLE messages_away RENAME TO messages" }));
  }
  expect((await client.command("ping", {})).type).toBe("pong");
});
