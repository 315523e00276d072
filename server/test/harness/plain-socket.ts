import WebSocket from "ws";

/** A socket with no logic of its own: what a test of the service sees is what the service said. */
export interface PlainSocket {
  /** Sends a command and answers the data of its `ok`; rejects with the code of its `error`, or when the socket ends. */
  ask<T>(type: string, data: unknown): Promise<T>;
  isGone(): boolean;
  close(): void;
}

interface Frame {
  type: string;
  id?: string;
  data: { code?: string; message?: string };
}

/** Connects with the token in the header; ready when it is `connected`. */
export async function plainSocket(url: string, token: string): Promise<PlainSocket> {
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/v1/messaging/ws`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const waiting = new Map<string, { resolve: (data: never) => void; reject: (error: Error) => void }>();
  let isGone = false;
  let last = 0;
  const connected = new Promise<void>((resolve, reject) => {
    socket.on("message", (bytes) => {
      const frame = JSON.parse((bytes as Buffer).toString("utf8")) as Frame;
      if (frame.type === "connected") return resolve();
      const asked = frame.id === undefined ? undefined : waiting.get(frame.id);
      if (!asked || frame.id === undefined) return undefined;
      waiting.delete(frame.id);
      if (frame.type === "error") asked.reject(new Error(`${frame.data.code}: ${frame.data.message}`));
      else asked.resolve(frame.data as never);
      return undefined;
    });
    socket.on("error", reject);
    socket.on("close", (code) => {
      isGone = true;
      const error = new Error(`the socket ended with ${code}`);
      reject(error);
      for (const asked of waiting.values()) asked.reject(error);
      waiting.clear();
    });
  });
  await connected;
  return {
    ask: (type, data) =>
      new Promise((resolve, reject) => {
        if (isGone) return reject(new Error("the socket has ended"));
        const id = String((last += 1));
        waiting.set(id, { resolve, reject });
        socket.send(JSON.stringify({ type, id, data }));
        return undefined;
      }),
    isGone: () => isGone,
    close: () => socket.close(),
  };
}
