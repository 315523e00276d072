import { openSocket, Waiting, type Client } from "../load/client.ts";
import type { Scene } from "../stage.ts";
import { startRival, type Rival } from "./process.ts";

export function startSocketIo(scenes: readonly Scene[], connectionString: string): Promise<Rival> {
  return startRival("./socketio-server.js", { scenes, connectionString });
}

const EVENT = '42["message"';
const READY = '42["ready"';
const ANSWER = /^43(\d+)/;
const PING = "2";
const PONG = "3";

/**
 * Speaks the protocol of socket.io (Engine.IO 4) itself: its own client would cost the generator several times what those of the
 * others cost, and the server would be measured by it.
 */
export async function connectToSocketIo(rival: Pick<Rival, "url">, userId: string): Promise<Client> {
  const socket = await openSocket(`${rival.url}/socket.io/?EIO=4&transport=websocket&user=${userId}`);
  const waiting = new Waiting();
  let count = 0;
  const client: Client = {
    received: 0,
    onMessage: undefined,
    send(conversationId, id, content) {
      const number = String((count += 1));
      socket.send(
        `42${number}["send",{"conversation_id":"${conversationId}","id":"${id}","content":${JSON.stringify(content)}}]`,
      );
      return waiting.add(number);
    },
    close: () => socket.terminate(),
  };
  await new Promise<void>((resolve) => {
    socket.on("message", (data: Buffer) => {
      const beginning = data.toString("latin1", 0, 80);
      if (beginning.startsWith(EVENT)) {
        client.received += 1;
        client.onMessage?.(beginning.slice(EVENT.length + 8, EVENT.length + 44));
      } else if (beginning === PING) socket.send(PONG);
      else if (beginning.startsWith(READY)) resolve();
      else waiting.settle(ANSWER.exec(beginning)?.[1] ?? "");
    });
    // Into the default namespace.
    socket.send("40");
  });
  return client;
}
