import { CLOSE_CODES, COMMAND_DATA, COMMAND_TYPES, type CommandType, type ErrorFrame } from "@parley/protocol";
import fc from "fast-check";
import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { v7 as uuidv7 } from "uuid";
import type * as z from "zod";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestDatabase, useTestDatabase } from "../harness/database.ts";
import { startNode, type TestNode } from "../harness/node.ts";
import { SocketClient } from "../harness/socket.ts";
import { until } from "../harness/until.ts";
import { fieldsOf, NASTY_VALUES, typeOf, withValue } from "./bad-input.ts";
import { makeWorld, type World } from "./happy-paths.ts";

/** Whatever comes over a socket, the answer is an error frame or a close that is documented, and everyone else goes on. */
const store = useTestDatabase();
let node: TestNode;
let world: World;

beforeAll(async () => {
  node = await startNode(store.database);
  world = await makeWorld(node);
});
afterAll(async () => {
  await using client = await SocketClient.connect(node.url, world.ada.token);
  expect((await client.command("ping", {})).type).toBe("pong");
  await until(async () => /^parley_sockets 1$/m.test((await node.call(undefined, "GET", "/metrics")).text));
  expect(node.faults()).toEqual([]);
  await client[Symbol.asyncDispose]();
  await node.close();
});

const connected = (): Promise<SocketClient> => SocketClient.connect(node.url, world.ada.token);

/** What a good command of this type has. */
function goodData(type: CommandType): unknown {
  const place = { conversation_id: world.group };
  const of = { ...place, message_id: world.message.id };
  const data: Record<CommandType, unknown> = {
    authenticate: { token: world.ada.token },
    resume: { epoch: null, conversations: { [world.group]: 1 } },
    send_message: { ...place, content: "hello" },
    edit_message: { ...of, content: "hello!" },
    delete_message: { ...place, message_id: uuidv7() },
    add_reaction: { ...of, reaction: "👍" },
    remove_reaction: { ...of, reaction: "👍" },
    mark_read: place,
    mark_delivered: place,
    typing: { ...place, is_typing: true },
    open: place,
    close: place,
    watch_presence: { user_ids: [world.grace.id] },
    set_presence: { status: "online" },
    ping: {},
  };
  return data[type];
}

function expectClear({ code, message, errors }: ErrorFrame["data"], what: string): void {
  expect(code, what).not.toBe("internal");
  expect(message.length, what).toBeGreaterThan(5);
  expect(message, what).not.toMatch(/node_modules|\.ts:|\bSELECT\b|violates|syntax error|TypeError|RangeError/);
  for (const { path } of errors ?? []) expect(path, what).toMatch(/^(?:data|id)/);
}

describe("commands with something else in a field than what belongs there", () => {
  test.each(COMMAND_TYPES)("%s", async (type) => {
    const schema: z.ZodType = COMMAND_DATA[type];
    await using client = await connected();
    for (const field of fieldsOf(schema)) {
      for (const value of NASTY_VALUES) {
        const data = withValue(goodData(type), field.path, value);
        const what = `${type} with ${JSON.stringify(value).slice(0, 60)} as ${field.path.join(".") || "data"}`;
        const reply = await client.command(type, data as never);
        const isRightType = field.types === undefined || field.types.has(typeOf(value));
        if (isRightType && schema.safeParse(data).success) {
          if (reply.type === "error") expectClear(reply.data, what);
          continue;
        }
        expect(reply, what).toMatchObject({ type: "error", data: { code: "validation_failed" } });
        if (reply.type === "error") expectClear(reply.data, what);
      }
    }
    expect(client.isClosed).toBe(false);
  });
});

describe("frames that are no commands", () => {
  const frames: readonly (readonly [string, string])[] = [
    ["nothing", ""],
    ["words", "hello"],
    ["half an object", '{"type":"ping"'],
    ["a list", "[]"],
    ["null", "null"],
    ["a number", "1"],
    ["a text", '"ping"'],
    ["no type", "{}"],
    ["an unknown type", '{"type":"dance"}'],
    ["an event's type", '{"type":"message.created","data":{}}'],
    ["a type that is no text", '{"type":["ping"]}'],
    ["a property of every object as type", '{"type":"constructor"}'],
    ["the prototype as type", '{"type":"__proto__"}'],
    ["a hundred thousand levels", "[".repeat(100_000)],
    ["as many that end", `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`],
    ["NULs", "\0\0\0"],
    ["a byte order mark", "\uFEFF{}"],
  ];

  test.each(frames)("%s", async (_, frame) => {
    await using client = await connected();
    client.sendRaw(frame);
    expect(await client.next("error")).toMatchObject({ data: { code: "invalid_frame" } });
    expect((await client.command("ping", {})).type).toBe("pong");
  });

  test("the tenth ends the socket with 4400", async () => {
    await using client = await connected();
    for (let i = 0; i < 10; i += 1) client.sendRaw("nonsense");
    expect((await client.closed).code).toBe(CLOSE_CODES.protocol_error);
    expect(client.frames.filter(({ type }) => type === "error")).toHaveLength(10);
  });

  test.each([
    ["too long", "x".repeat(65)],
    ["empty", ""],
    ["a number", 7],
    ["null", null],
    ["an object", { a: 1 }],
  ])("an id that is %s", async (_, id) => {
    await using client = await connected();
    client.sendRaw(JSON.stringify({ type: "ping", id }));
    const { id: answered, data } = await client.next("error");
    expect([answered, data.code, data.errors?.[0]?.path]).toEqual([undefined, "validation_failed", "id"]);
  });

  test("a command that is not the first to say who it is", async () => {
    for (const frame of [
      '{"type":"ping"}',
      "nonsense",
      '{"type":"authenticate","data":{}}',
      '{"type":"authenticate","data":{"token":7}}',
    ]) {
      await using client = await SocketClient.open(node.url);
      client.sendRaw(frame);
      expect((await client.closed).code, frame).toBe(CLOSE_CODES.protocol_error);
    }
  });
});

describe("sizes", () => {
  test("a frame above 1 MiB is refused, one far above it ends the socket, and one just as large is read", async () => {
    await using client = await connected();
    const [start, end] = ['{"type":"ping","id":"x","data":{"a":"', '"}}'];
    const frame = (size: number): string => `${start}${"x".repeat(size - start.length - end.length)}${end}`;
    client.sendRaw(frame(1_048_576));
    expect(await client.next("error")).toMatchObject({ id: "x", data: { code: "validation_failed" } });
    client.sendRaw(frame(1_048_577));
    expect(await client.next("error", 1)).toMatchObject({ data: { code: "too_large" } });
    expect((await client.command("ping", {})).type).toBe("pong");
    client.sendRaw("x".repeat(3_000_000));
    expect((await client.closed).code).toBe(1009);
  });

  test("a flood is ended with 4429", async () => {
    await using database = await createTestDatabase();
    const limited = await startNode(database.open(), { PARLEY_RATE_LIMITS: "on" });
    const ada = await limited.person("ada");
    const client = await SocketClient.connect(limited.url, ada.token);
    for (let i = 0; i < 3_000 && !client.isClosed; i += 1) client.sendRaw('{"type":"ping"}');
    expect((await client.closed).code).toBe(CLOSE_CODES.rate_limited);
    await limited.close();
  });
});

/** A socket whose bytes are ours, after a good beginning. */
async function rawSocket(): Promise<{ send: (bytes: Buffer) => void; reset: () => void; ended: Promise<Buffer> }> {
  const socket = connect(Number(new URL(node.url).port), "127.0.0.1");
  const chunks: Buffer[] = [];
  let length = 0;
  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    length += chunk.length;
  });
  socket.on("error", () => undefined);
  const ended = new Promise<Buffer>((resolve) => {
    socket.on("close", () => resolve(Buffer.concat(chunks)));
    socket.on("end", () => socket.end());
  });
  socket.write(
    `GET /v1/messaging/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\nAuthorization: Bearer ${world.ada.token}\r\n\r\n`,
  );
  await until(() => Buffer.concat(chunks, length).includes('"connected"'));
  return { send: (bytes) => void socket.write(bytes), reset: () => void socket.resetAndDestroy(), ended };
}

/** A frame with a mask of zeros: what is masked by it is as it was. */
function frame(firstByte: number, payload: Buffer): Buffer {
  const length =
    payload.length < 126
      ? Buffer.from([0x80 | payload.length])
      : Buffer.from([0x80 | 126, payload.length >> 8, payload.length & 255]);
  return Buffer.concat([Buffer.from([firstByte]), length, Buffer.alloc(4), payload]);
}

/** The code of the close frame that came last. */
function closeCode(bytes: Buffer): number | undefined {
  for (let i = bytes.length - 4; i >= 0; i -= 1) {
    if (bytes[i] === 0x88 && (bytes[i + 1] ?? 0) <= 125 && i + 2 + (bytes[i + 1] ?? 0) === bytes.length)
      return bytes.readUInt16BE(i + 2);
  }
  return undefined;
}

describe("bytes that are no WebSocket", () => {
  const good = Buffer.from('{"type":"ping"}');
  test.each([
    ["invalid UTF-8", () => frame(0x81, Buffer.from([0x7b, 0xff, 0xfe, 0x7d])), 1007],
    ["half a character at the end", () => frame(0x81, Buffer.from([0x22, 0xf0, 0x9f])), 1007],
    ["an encoded surrogate", () => frame(0x81, Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])), 1007],
    ["a binary frame", () => frame(0x82, good), CLOSE_CODES.protocol_error],
    ["an unmasked frame", () => Buffer.concat([Buffer.from([0x81, good.length]), good]), 1002],
    ["reserved bits", () => frame(0xf1, good), 1002],
    ["a compressed frame", () => frame(0xc1, good), 1002],
    ["an unknown kind of frame", () => frame(0x83, good), 1002],
    ["a continuation of nothing", () => frame(0x80, good), 1002],
    ["a ping in parts", () => frame(0x09, Buffer.from("x")), 1002],
    ["a ping that is too long", () => frame(0x89, Buffer.alloc(200)), 1002],
    [
      "a frame of 2^63 bytes",
      () => Buffer.from([0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]),
      1009,
    ],
    ["a close with half a code", () => frame(0x88, Buffer.from([3])), 1002],
    ["a close with a code of ours to say", () => frame(0x88, Buffer.from([0x03, 0xee])), 1002],
    ["noise", () => randomBytes(4_096), undefined],
    [
      "a message of ten thousand empty parts",
      () =>
        Buffer.concat([
          frame(0x01, Buffer.from("{")),
          ...Array.from({ length: 10_000 }, () => frame(0x00, Buffer.alloc(0))),
        ]),
      1008,
    ],
  ])("%s", async (_, bytes, code) => {
    const socket = await rawSocket();
    socket.send(bytes());
    // Noise may look like the beginning of something long.
    if (code === undefined) setTimeout(() => socket.reset(), 200);
    const ended = await socket.ended;
    if (code !== undefined) expect(closeCode(ended)).toBe(code);
  });

  test("sockets that vanish without a word are let go", async () => {
    const sockets = await Promise.all(Array.from({ length: 30 }, rawSocket));
    for (const socket of sockets) {
      socket.send(frame(0x01, Buffer.from('{"type":"send_message","data":{')));
      socket.reset();
    }
    await Promise.all(sockets.map(({ ended }) => ended));
  });
});

test("seeded random frames", { timeout: 30_000 }, async () => {
  let client = await connected();
  const nasty = fc.constantFrom(...NASTY_VALUES.filter((value) => JSON.stringify(value).length < 1_000));
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    nasty,
    fc.constantFrom(world.group, world.message.id, world.ada.id),
    fc.string({ unit: "binary" }),
  );
  const keys = fc.constantFrom(
    "conversation_id",
    "message_id",
    "content",
    "reaction",
    "seq",
    "conversations",
    "user_ids",
    "status",
    "is_typing",
    "id",
    "parent_id",
    "metadata",
    "cursor",
    "epoch",
  );
  const command = fc
    .constantFrom(...COMMAND_TYPES.filter((type) => type !== "authenticate"))
    .chain((type) =>
      fc
        .dictionary(keys, value, { maxKeys: 4 })
        .map((some) => ({ type, data: { ...(goodData(type) as object), ...some } })),
    );
  const sending = fc.asyncProperty(command, async ({ type, data }) => {
    if (client.isClosed) client = await connected();
    const reply = await Promise.race([client.command(type, data as never), client.closed]);
    if ("code" in reply) expect(reply.code, "a flood is all that it can be closed for").toBe(CLOSE_CODES.rate_limited);
    else if (reply.type === "error") expectClear(reply.data, `${type} with ${JSON.stringify(data)}`);
  });
  await fc.assert(sending, {
    seed: 20_260_301,
    numRuns: 3_000,
    interruptAfterTimeLimit: 10_000,
    markInterruptAsFailure: false,
  });
  await client[Symbol.asyncDispose]();
});
