import WebSocket from "ws";
import type { Service } from "../service.ts";
import { Waiting, type Client } from "./client.ts";

/** A client of Parley, which can do more than send. */
export interface ParleyClient extends Client {
  readonly epoch: string;
  /** Any command of the socket; resolves with its answer's text, rejects with the error's. */
  command(type: string, data: string): Promise<void>;
  /** Called with every frame that is neither a message nor the answer of a command. */
  onOther: ((frame: Buffer) => void) | undefined;
}

const CREATED = '{"type":"message.created"';
const ID_OF_MESSAGE = '"data":{"id":"';
const ANSWER = /^\{"type":"(\w+)","id":"(\d+)"/;
/** Long enough for everything a frame is told apart by. */
const BEGINNING = 300;

export async function connectToParley(
  service: Pick<Service, "url" | "tokenOf">,
  userId: string,
): Promise<ParleyClient> {
  const socket = new WebSocket(`${service.url.replace(/^http/, "ws")}/v1/messaging/ws`, {
    headers: { authorization: `Bearer ${await service.tokenOf(userId)}` },
    perMessageDeflate: false,
    skipUTF8Validation: true,
  });
  const waiting = new Waiting();
  let heartbeat: NodeJS.Timeout | undefined;
  const epoch = await new Promise<string>((resolve, reject) => {
    socket.once("message", (data: Buffer) => {
      heartbeat = setInterval(() => socket.send('{"type":"ping"}'), 30_000).unref();
      resolve((JSON.parse(data.toString()) as { data: { epoch: string } }).data.epoch);
    });
    socket.once("error", reject);
    socket.once("close", (code) => {
      clearInterval(heartbeat);
      const error = new Error(`the socket was closed with ${code}`);
      reject(error);
      waiting.fail(error);
    });
  });
  let count = 0;
  const command = (type: string, data: string): Promise<void> => {
    if (socket.readyState !== WebSocket.OPEN) return Promise.reject(new Error("the socket was closed"));
    const id = String((count += 1));
    const answered = waiting.add(id);
    socket.send(`{"type":"${type}","id":"${id}","data":${data}}`);
    return answered;
  };
  const client: ParleyClient = {
    epoch,
    received: 0,
    onMessage: undefined,
    onOther: undefined,
    command,
    send: (conversationId, id, content) =>
      command(
        "send_message",
        `{"id":"${id}","conversation_id":"${conversationId}","content":${JSON.stringify(content)}}`,
      ),
    close: () => socket.terminate(),
  };
  socket.on("message", (data: Buffer) => hear(client, waiting, data));
  return client;
}

function hear(client: ParleyClient, waiting: Waiting, data: Buffer): void {
  const beginning = data.toString("latin1", 0, Math.min(BEGINNING, data.length));
  if (beginning.startsWith(CREATED)) {
    client.received += 1;
    if (!client.onMessage) return;
    const at = beginning.indexOf(ID_OF_MESSAGE) + ID_OF_MESSAGE.length;
    return client.onMessage(beginning.slice(at, at + 36));
  }
  const [, type, id] = ANSWER.exec(beginning) ?? [];
  if (type === "changes" || id === undefined) return client.onOther?.(data);
  if (type === "resumed") client.onOther?.(data);
  return waiting.settle(id, type === "error" ? new Error(data.toString()) : undefined);
}
