import { connect, type Socket } from "node:net";
import type { HttpInput } from "./input.ts";

export interface Answer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  readonly ms: number;
}

/** How a request went. `closed`: the connection ended first. */
export type Outcome =
  | { readonly answer: Answer }
  | { readonly answer?: undefined; readonly lost: "closed" | "timeout" };

/** A connection to the service. */
export interface Line {
  /** Sends all of them at once and reads their answers, as many as come before the connection ends or the time is over. */
  exchange(inputs: readonly HttpInput[], limitMs: number): Promise<Outcome[]>;
  /** It has ended, or its next answers could not be told apart. */
  readonly isOver: boolean;
  end(): Promise<void>;
}

const HALF_CLOSE_MS = 15;

export function openLine(port: number): Line {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  let isClosed = false;
  let isSpent = false;
  let wake: () => void = () => undefined;
  let reader = createReader([]);
  const closed = new Promise<void>((resolve) => {
    socket.on("close", () => {
      isClosed = true;
      wake();
      resolve();
    });
  });
  socket.on("error", () => undefined);
  socket.on("data", (chunk: Buffer) => {
    reader.take(chunk);
    wake();
  });

  /** Until it is so, the connection has ended, or the time is over. */
  async function until(isSo: () => boolean, limitMs: number): Promise<void> {
    const deadline = performance.now() + limitMs;
    while (!isSo() && !isClosed) {
      const left = deadline - performance.now();
      if (left <= 0) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  return {
    get isOver() {
      return isClosed || isSpent;
    },
    async exchange(inputs, limitMs) {
      const began = performance.now();
      reader = createReader(
        inputs.map(({ parts }) => parts?.method ?? "GET"),
        began,
      );
      const isBroken = inputs.at(-1)?.ending === "broken";
      write(socket, inputs);
      const isAnswered = (): boolean => reader.answers.length >= inputs.length || reader.isEndless;
      if (isBroken) {
        isSpent = true;
        await until(() => false, HALF_CLOSE_MS);
        socket.end();
        // Whatever it was, the end of it is known now.
        await until(() => false, limitMs);
      } else await until(isAnswered, limitMs);
      const isLate = performance.now() - began >= limitMs;
      if (isLate || inputs.at(-1)?.ending !== "whole" || reader.endsConnection) isSpent = true;
      return inputs.map((_, index) => {
        const answer = reader.answers[index];
        return answer ? { answer } : { lost: isLate && !isClosed ? "timeout" : "closed" };
      });
    },
    async end() {
      socket.destroy();
      await closed;
    },
  };
}

function write(socket: Socket, inputs: readonly HttpInput[]): void {
  const [only] = inputs;
  socket.write(inputs.length === 1 && only ? only.bytes : Buffer.concat(inputs.map(({ bytes }) => bytes)));
}

interface Reader {
  readonly answers: Answer[];
  /** An answer has said that it is the last one. */
  readonly endsConnection: boolean;
  /** An answer that never ends has begun. */
  readonly isEndless: boolean;
  take(chunk: Buffer): void;
}

const HEAD_END = Buffer.from("\r\n\r\n");

/** Reads the answers to requests with these methods, one after the other. */
function createReader(methods: readonly string[], began = 0): Reader {
  const answers: Answer[] = [];
  let held: Buffer = Buffer.alloc(0);
  let endsConnection = false;
  let isEndless = false;

  /** False: there is not enough yet. */
  function readOne(): boolean {
    const end = held.indexOf(HEAD_END);
    if (end < 0) return false;
    const [first = "", ...lines] = held.toString("latin1", 0, end).split("\r\n");
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1] ?? Number.NaN);
    const start = end + HEAD_END.length;
    if (status >= 100 && status < 200 && status !== 101) {
      held = held.subarray(start);
      return true;
    }
    const headers = new Map(
      lines.map((line): [string, string] => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
    const answered = (body: Buffer, next: number): boolean => {
      answers.push({ status, headers, body, ms: performance.now() - began });
      held = held.subarray(next);
      if (headers.get("connection")?.toLowerCase() === "close") endsConnection = true;
      return true;
    };
    if (headers.get("content-type")?.startsWith("text/event-stream") === true || status === 101) {
      isEndless = true;
      endsConnection = true;
      answered(Buffer.alloc(0), held.length);
      return false;
    }
    if (status === 204 || status === 304 || methods[answers.length] === "HEAD") return answered(Buffer.alloc(0), start);
    if (headers.get("transfer-encoding") === "chunked") {
      const body = readChunks(held, start);
      return body !== undefined && answered(body.bytes, body.end);
    }
    const length = Number(headers.get("content-length") ?? 0);
    if (held.length < start + length) return false;
    return answered(Buffer.from(held.subarray(start, start + length)), start + length);
  }

  return {
    answers,
    get endsConnection() {
      return endsConnection;
    },
    get isEndless() {
      return isEndless;
    },
    take(chunk) {
      if (isEndless) return;
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      while (held.length > 0 && readOne());
    },
  };
}

function readChunks(bytes: Buffer, from: number): { bytes: Buffer; end: number } | undefined {
  const pieces: Buffer[] = [];
  let at = from;
  for (;;) {
    const lineEnd = bytes.indexOf("\r\n", at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(bytes.toString("latin1", at, lineEnd), 16);
    const start = lineEnd + 2;
    if (!(bytes.length >= start + size + 2)) return undefined;
    if (size === 0) return { bytes: Buffer.concat(pieces), end: start + 2 };
    pieces.push(bytes.subarray(start, start + size));
    at = start + size + 2;
  }
}
