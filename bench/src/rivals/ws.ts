import { openSocket, Waiting, type Client } from "../load/client.ts";
import type { Scene } from "../stage.ts";
import { startRival, type Rival } from "./process.ts";

export function startBareWs(scenes: readonly Scene[]): Promise<Rival> {
  return startRival("./ws-server.js", scenes);
}

const ID_OF_MESSAGE = '"data":{"id":"';

/** A send is acknowledged by its own copy: there is nothing else to wait for. */
export async function connectToBareWs(rival: Pick<Rival, "url">, userId: string): Promise<Client> {
  const socket = await openSocket(`${rival.url}/${userId}`);
  const waiting = new Waiting();
  const own = new Set<string>();
  const client: Client = {
    received: 0,
    onMessage: undefined,
    send(conversationId, id, content) {
      own.add(id);
      socket.send(`{"conversation_id":"${conversationId}","id":"${id}","content":${JSON.stringify(content)}}`);
      return waiting.add(id);
    },
    close: () => socket.terminate(),
  };
  socket.on("message", (data: Buffer) => {
    client.received += 1;
    const beginning = data.toString("latin1", 0, 300);
    const at = beginning.indexOf(ID_OF_MESSAGE) + ID_OF_MESSAGE.length;
    const id = beginning.slice(at, at + 36);
    if (own.delete(id)) waiting.settle(id);
    client.onMessage?.(id);
  });
  return client;
}
