import type { Random } from "../../random.ts";

/** RFC 6455, section 5: what goes to the service is masked, what comes from it is not. */

export const OPCODES = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface FrameOptions {
  readonly opcode?: number;
  readonly isFinal?: boolean;
  /** Default: a mask of zeros, under which the payload is as it was. */
  readonly mask?: Buffer;
}

const ZEROS = Buffer.alloc(4);

export function encodeFrame(
  payload: Buffer,
  { opcode = OPCODES.text, isFinal = true, mask = ZEROS }: FrameOptions = {},
): Buffer {
  const { length } = payload;
  const extra = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const head = Buffer.alloc(2 + extra);
  head[0] = (isFinal ? 0x80 : 0) | opcode;
  head[1] = 0x80 | (extra === 0 ? length : extra === 2 ? 126 : 127);
  if (extra === 2) head.writeUInt16BE(length, 2);
  if (extra === 8) head.writeBigUInt64BE(BigInt(length), 2);
  const isMasked = mask.some((byte) => byte !== 0);
  const masked = isMasked ? payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0)) : payload;
  return Buffer.concat([head, mask, masked]);
}

/** A text in one frame, or in several with control frames between them: to the service it is the same. */
export function encodeText(text: string, random: Random): Buffer {
  const payload = Buffer.from(text);
  const mask = random.chance(0.1) ? Buffer.from([1, 2, 3, random.between(0, 255)]) : ZEROS;
  if (payload.length < 2 || random.chance(0.94)) return encodeFrame(payload, { mask });
  const cuts = Array.from({ length: random.between(1, 4) }, () => random.between(0, payload.length)).toSorted(
    (a, b) => a - b,
  );
  const ends = [...cuts, payload.length];
  return fragments(payload, ends, mask, random);
}

function fragments(payload: Buffer, ends: readonly number[], mask: Buffer, random: Random): Buffer {
  const pieces = ends.map((end, index) =>
    encodeFrame(payload.subarray(ends[index - 1] ?? 0, end), {
      mask,
      opcode: index === 0 ? OPCODES.text : OPCODES.continuation,
      isFinal: index === ends.length - 1,
    }),
  );
  return Buffer.concat(
    pieces.flatMap((piece, index) =>
      index < pieces.length - 1 && random.chance(0.3)
        ? [piece, encodeFrame(Buffer.from("between"), { opcode: OPCODES.ping })]
        : [piece],
    ),
  );
}

export interface Received {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** Reads the service's frames from what has come so far; it sends none in parts. Throws where that is no frame. */
export function createFrameReader(): { take(chunk: Buffer): Received[] } {
  let held: Buffer = Buffer.alloc(0);

  function next(): Received | undefined {
    if (held.length < 2) return undefined;
    const [first = 0, second = 0] = held;
    if ((first & 0x70) !== 0 || (second & 0x80) !== 0 || (first & 0x80) === 0) throw new Error("no frame of a service");
    const short = second & 0x7f;
    const extra = short === 126 ? 2 : short === 127 ? 8 : 0;
    if (held.length < 2 + extra) return undefined;
    const length = extra === 2 ? held.readUInt16BE(2) : extra === 8 ? Number(held.readBigUInt64BE(2)) : short;
    const start = 2 + extra;
    if (held.length < start + length) return undefined;
    const payload = held.subarray(start, start + length);
    held = held.subarray(start + length);
    return { opcode: first & 0x0f, payload };
  }

  return {
    take(chunk) {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      const received: Received[] = [];
      for (let frame = next(); frame; frame = next()) received.push(frame);
      return received;
    },
  };
}
