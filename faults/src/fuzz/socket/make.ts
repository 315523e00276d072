import { randomUUID } from "node:crypto";
import { COMMAND_DATA, COMMAND_TYPES, LIMITS, type CommandType } from "@parley/protocol";
import type * as z from "zod";
import type { Random } from "../../random.ts";
import { hintsOf, tidy } from "../hints.ts";
import { generatorOf, type Generate } from "../values/generate.ts";
import { Pairs, Verbatim, writeJson } from "../values/json.ts";
import { mutateBytes, mutateValue, randomBytes } from "../values/mutate.ts";
import { nastyText, nastyValue } from "../values/nasty.ts";
import { chooseFocus, type Person, type World } from "../world.ts";
import { encodeFrame, encodeText, OPCODES } from "./frames.ts";

export interface SocketInput {
  readonly kind: "socket";
  readonly how: string;
  /** The id under which it has to be answered, once. */
  readonly id: string | undefined;
  /** What it is, where it is known to be a command. */
  readonly type: CommandType | undefined;
  /** The text of its frame; undefined where it is bytes that are no frame. */
  readonly text: string | undefined;
  readonly bytes: Buffer;
  /** After it the connection may end, with which codes; whatever was sent with it need not be answered. */
  readonly mayClose: readonly number[];
}

export type MakeSocket = (world: World, actor: Person, random: Random) => SocketInput;

const WEIGHTS: Readonly<Record<CommandType, number>> = {
  authenticate: 0.4,
  resume: 0.7,
  send_message: 6,
  edit_message: 3,
  delete_message: 0.7,
  add_reaction: 2,
  remove_reaction: 2,
  mark_read: 2,
  mark_delivered: 2,
  typing: 2,
  open: 1.5,
  close: 1.5,
  watch_presence: 1,
  set_presence: 1,
  ping: 1,
};

/** Makes the commands of a client, and what only looks like them. */
export function createSocketMaker(): MakeSocket {
  const data = new Map<CommandType, Generate>(
    COMMAND_TYPES.map((type) => [type, generatorOf(COMMAND_DATA[type] as z.ZodType)]),
  );
  const chosen = COMMAND_TYPES.flatMap((type) => Array.from({ length: WEIGHTS[type] * 10 }, () => type));
  return (world, actor, random) => {
    const type = random.pick(chosen);
    const focus = { ...chooseFocus(world, type, "user", random), actor };
    // Renewing with somebody else's token is refused, which is worth a try now and then.
    const hint = hintsOf(random.chance(0.1) ? { ...focus, actor: random.pick(world.people) } : focus);
    const made = tidy(type, data.get(type)?.(random, hint), focus, random);
    return shape({ type, made, id: randomUUID() }, world, random);
  };
}

/** Larger frames are not read at all: they end the connection. */
const MOST_READ = 2 * LIMITS.body;
const SURELY_READ = MOST_READ / 4;
const ENDING = { id: undefined, type: undefined, mayClose: [1009] } as const;

interface Command {
  readonly type: CommandType;
  readonly made: unknown;
  readonly id: string;
}

function shape({ type, made, id }: Command, world: World, random: Random): SocketInput {
  const good = writeJson({ type, id, data: made });
  const input = (how: string, text: string, more: Partial<SocketInput> = {}): SocketInput => ({
    kind: "socket",
    how,
    id,
    type,
    text,
    bytes: encodeText(text, random),
    mayClose: [],
    ...more,
    ...(text.length > SURELY_READ && Buffer.byteLength(text) > MOST_READ ? ENDING : {}),
  });
  const unnamed = { id: undefined, type: undefined };
  const which = random.next();
  if (which < 0.24) return input("as it should be", good);
  if (which < 0.8) {
    let spoilt = made;
    for (let count = random.pick([1, 1, 2, 3]); count > 0; count -= 1) spoilt = mutateValue(spoilt, random);
    const text = writeJson({ type, id, data: spoilt });
    // What is no JSON any more has no id either.
    return input("spoilt data", text, isObject(text) ? (text.length > 1_000_000 ? unnamed : {}) : unnamed);
  }
  if (which < 0.9) return input("an odd frame", writeJson(oddFrame({ type, made, id }, random)), unnamed);
  if (which < 0.925) return input("other bytes", mutateBytes(Buffer.from(good), random).toString("utf8"), unnamed);
  if (which < 0.93) return input("no command", random.pick(["", "null", "[]", "1", "{", nastyText(random)]), unnamed);
  if (which < 0.96) return controlFrame(random);
  if (which < 0.962) {
    const text = writeJson({ type: "ping", id, data: { x: "x".repeat(random.pick([1_048_400, 1_048_600])) } });
    return input("a large frame", text, unnamed);
  }
  if (which < 0.985) return input("without an id", writeJson({ type, data: made }), unnamed);
  return random.chance(0.35)
    ? wildBytes(good, random)
    : input("an unknown token", writeJson({ type: "authenticate", id, data: { token: random.pick(world.badTokens) } }));
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function oddFrame({ type, made, id }: Command, random: Random): unknown {
  return random.pick<() => unknown>([
    () => ({ type, id: "x".repeat(65), data: made }),
    () => ({ type, id: "", data: made }),
    () => ({ type, id: nastyValue(random), data: made }),
    () => ({ type, data: [made] }),
    () => ({ type, data: null }),
    () => ({ type }),
    () => ({ type, data: made, extra: nastyValue(random) }),
    () => ({ type: random.pick(["dance", "constructor", "__proto__", "message.created", "Ping", ""]), data: made }),
    () =>
      new Pairs([
        ["type", type],
        ["type", "ping"],
        ["data", made],
      ]),
    () =>
      new Pairs([
        ["__proto__", { type }],
        ["data", made],
      ]),
    () => ({ type, data: new Verbatim(writeJson(made) + "x") }),
    () => ({ type, id, data: { [id]: new Verbatim("1".repeat(random.between(1, 5_000))) } }),
  ])();
}

function controlFrame(random: Random): SocketInput {
  const opcode = random.pick([OPCODES.ping, OPCODES.pong]);
  const bytes = encodeFrame(randomBytes(random, random.pick([0, 1, 4, 125])), { opcode });
  return {
    kind: "socket",
    how: "a control frame",
    id: undefined,
    type: undefined,
    text: undefined,
    bytes,
    mayClose: [],
  };
}

/** Why the library beneath ends connections that do not keep to RFC 6455, and we those of which we take no more. */
export const PROTOCOL_CODES = [1002, 1003, 1006, 1007, 1008, 1009, 4400];

function wildBytes(good: string, random: Random): SocketInput {
  const payload = Buffer.from(good);
  const wild = (how: string, bytes: Buffer, mayClose: readonly number[] = PROTOCOL_CODES): SocketInput => ({
    kind: "socket",
    how,
    id: undefined,
    type: undefined,
    text: undefined,
    bytes,
    mayClose,
  });
  return random.pick<() => SocketInput>([
    () => wild("a binary frame", encodeFrame(payload, { opcode: OPCODES.binary }), [4400]),
    () => wild("an unmasked frame", Buffer.from([0x81, 2, 0x7b, 0x7d]), [1002]),
    () => wild("an unknown kind of frame", encodeFrame(payload, { opcode: random.between(3, 7) }), [1002]),
    () => wild("a reserved bit", encodeFrame(payload, { opcode: 0x40 | OPCODES.text }), [1002]),
    () => wild("a continuation of nothing", encodeFrame(payload, { opcode: OPCODES.continuation }), [1002]),
    () => wild("a ping in parts", encodeFrame(Buffer.from("x"), { opcode: OPCODES.ping, isFinal: false }), [1002]),
    () => wild("a ping that is too long", encodeFrame(Buffer.alloc(200), { opcode: OPCODES.ping }), [1002]),
    () => wild("invalid UTF-8", encodeFrame(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])), [1007]),
    () => wild("half a character", encodeFrame(Buffer.from([0x22, 0xf0, 0x9f])), [1007]),
    () =>
      wild(
        "a frame of 2^63 bytes",
        Buffer.from([0x81, 0xff, ...Array.from({ length: 8 }, () => 0xff), 0, 0, 0, 0]),
        [1009],
      ),
    () => wild("a frame above the limit", encodeFrame(Buffer.alloc(2_200_000, 0x20)), [1009]),
    () => wild("a close with half a code", encodeFrame(Buffer.from([3]), { opcode: OPCODES.close }), [1002]),
    () =>
      wild(
        "a close with a code nobody may send",
        encodeFrame(Buffer.from([3, 0xee]), { opcode: OPCODES.close }),
        [1002],
      ),
    () => wild("a close", encodeFrame(Buffer.from([3, 0xe8]), { opcode: OPCODES.close }), [1000]),
    () => wild("a close without a code", encodeFrame(Buffer.alloc(0), { opcode: OPCODES.close }), [1005, 1000]),
    () => wild("noise", randomBytes(random, random.between(2, 2_000))),
    () => wild("many empty parts", manyParts(), [1008]),
    ...Array.from(
      { length: 6 },
      () => () => wild("a recording with other bytes", mutateBytes(encodeText(good, random), random)),
    ),
  ])();
}

function manyParts(): Buffer {
  const first = encodeFrame(Buffer.from("{"), { isFinal: false });
  const empty = encodeFrame(Buffer.alloc(0), { isFinal: false, opcode: OPCODES.continuation });
  return Buffer.concat([first, ...Array.from({ length: 2_000 }, () => empty)]);
}
