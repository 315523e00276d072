import WebSocket from "ws";
import type { WireFrame } from "./wire.ts";

/** How a command went. */
export type Answer =
  | { readonly kind: "ok"; readonly frame: WireFrame }
  | { readonly kind: "error"; readonly code: string }
  | { readonly kind: "unknown" };

/** One socket from its opening to its end. */
export interface Connection {
  /** Asks and waits for the answer; `unknown` when the socket ends or the time is over. */
  ask(type: string, data: unknown, timeoutMs: number): Promise<Answer>;
  /** Stops and goes on reading, like a client that is too busy. */
  pause(): void;
  unpause(): void;
  close(): void;
  readonly ended: Promise<number>;
}

export interface ConnectionOptions {
  readonly url: string;
  readonly token: string;
  /** Told of everything that is no answer to `ask`, and of `changes` frames. */
  readonly onFrame: (frame: WireFrame) => void;
  /** The heartbeat, as the protocol has it, in a hurry: how often to ping and after which silence to give up. */
  readonly pingMs: number;
  readonly silenceMs: number;
}

export function openConnection({ url, token, onFrame, pingMs, silenceMs }: ConnectionOptions): Connection {
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/v1/messaging/ws`, {
    headers: { authorization: `Bearer ${token}` },
    perMessageDeflate: false,
    handshakeTimeout: silenceMs,
  });
  const waiting = new Map<string, (answer: Answer) => void>();
  let last = 0;
  let heard = performance.now();
  let isPaused = false;
  const heartbeat = setInterval(() => {
    if (isPaused) heard = performance.now();
    else if (performance.now() - heard > silenceMs) socket.terminate();
    else if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type: "ping", id: "ping", data: {} }));
  }, pingMs);
  const ended = new Promise<number>((resolve) => {
    socket.on("error", () => undefined);
    socket.on("close", (code) => {
      clearInterval(heartbeat);
      for (const answer of waiting.values()) answer({ kind: "unknown" });
      waiting.clear();
      resolve(code);
    });
  });
  socket.on("message", (bytes) => {
    heard = performance.now();
    const frame = JSON.parse((bytes as Buffer).toString()) as WireFrame;
    const answer = frame.id === undefined || frame.type === "changes" ? undefined : waiting.get(frame.id);
    if (!answer || frame.id === undefined) return onFrame(frame);
    waiting.delete(frame.id);
    answer(frame.type === "error" ? { kind: "error", code: String(frame.data["code"]) } : { kind: "ok", frame });
    return undefined;
  });
  return {
    ended,
    ask: (type, data, timeoutMs) =>
      new Promise((resolve) => {
        if (socket.readyState !== WebSocket.OPEN) return resolve({ kind: "unknown" });
        const id = String((last += 1));
        const timer = setTimeout(() => {
          waiting.delete(id);
          resolve({ kind: "unknown" });
        }, timeoutMs);
        waiting.set(id, (answer) => {
          clearTimeout(timer);
          resolve(answer);
        });
        socket.send(JSON.stringify({ type, id, data }));
        return undefined;
      }),
    pause() {
      isPaused = true;
      socket.pause();
    },
    unpause() {
      isPaused = false;
      heard = performance.now();
      socket.resume();
    },
    close: () => socket.terminate(),
  };
}
