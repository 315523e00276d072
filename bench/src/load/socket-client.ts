import WebSocket from "ws";

/** What a client hears, with as little work as can be: the generator shares the machine with what it measures. */
export interface SocketClient {
  /** Sends a message; resolves with its acknowledgement. `id` names the message. */
  send(conversationId: string, id: string, content: string): Promise<void>;
  /** Called with each `message.created` frame as text. */
  onMessage: ((frame: string) => void) | undefined;
  close(): void;
}

const CREATED = '"type":"message.created"';

export async function connectClient(url: string, token: string): Promise<SocketClient> {
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/v1/messaging/ws`, {
    headers: { authorization: `Bearer ${token}` },
    perMessageDeflate: false,
    skipUTF8Validation: true,
  });
  const waiting = new Map<string, { resolve: () => void; reject: (error: Error) => void }>();
  let count = 0;
  const client: SocketClient = {
    onMessage: undefined,
    send: (conversationId, id, content) =>
      new Promise((resolve, reject) => {
        const command = String((count += 1));
        waiting.set(command, { resolve, reject });
        socket.send(`{"type":"send_message","id":"${command}","data":{"id":"${id}","conversation_id":"${conversationId}","content":${JSON.stringify(content)}}}`);
      }),
    close: () => socket.terminate(),
  };
  const heartbeat = setInterval(() => socket.send('{"type":"ping"}'), 30_000).unref();
  await new Promise<void>((resolve, reject) => {
    socket.on("message", (data) => {
      const frame = String(data);
      if (frame.includes(CREATED)) return client.onMessage?.(frame);
      return settle(frame, waiting, resolve);
    });
    socket.once("error", reject);
    socket.once("close", (code) => {
      clearInterval(heartbeat);
      const error = new Error(`the socket was closed with ${code}`);
      reject(error);
      for (const { reject: fail } of waiting.values()) fail(error);
    });
  });
  return client;
}

function settle(frame: string, waiting: Map<string, { resolve: () => void; reject: (error: Error) => void }>, connected: () => void): void {
  const { type, id, data } = JSON.parse(frame) as { type: string; id?: string; data: { message?: string } };
  if (type === "connected") return connected();
  const asked = id === undefined ? undefined : waiting.get(id);
  if (!asked || id === undefined) return undefined;
  waiting.delete(id);
  if (type === "error") asked.reject(new Error(data.message));
  else asked.resolve();
  return undefined;
}
