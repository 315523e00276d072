import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Sender, WebSocketServer, type WebSocket } from "ws";
import type { Scene } from "../stage.ts";
import { eventOf } from "./event.ts";
import { asRival } from "./process.ts";

declare module "ws" {
  /** Exported, but not in the library's types. */
  export const Sender: {
    frame(
      data: Buffer,
      options: { fin: boolean; rsv1: boolean; opcode: number; mask: boolean; readOnly: boolean },
    ): Buffer[];
  };
}

/**
 * Bare `ws` at its best: no authentication, no rights, nothing is stored. The event is framed once and the same bytes are written
 * to each socket of the conversation. The floor under everything Node can do with this library.
 */
asRival(async (setup) => {
  const scenes = setup as readonly Scene[];
  const members = new Map(scenes.map((scene) => [scene.id, scene.members]));
  const sockets = new Map<string, WebSocket>();
  const server = createServer();
  const accepting = new WebSocketServer({ server, perMessageDeflate: false, skipUTF8Validation: true });
  let version = 0;
  accepting.on("connection", (socket, request) => {
    const userId = (request.url ?? "").slice(1);
    sockets.set(userId, socket);
    socket.on("close", () => sockets.delete(userId));
    socket.on("message", (data: Buffer) => {
      const { conversation_id, id, content } = JSON.parse(data.toString()) as {
        conversation_id: string;
        id: string;
        content: string;
      };
      broadcast(members.get(conversation_id) ?? [], eventOf(conversation_id, id, userId, content, (version += 1)));
    });
  });

  function broadcast(userIds: readonly string[], event: string): void {
    const pieces = Sender.frame(Buffer.from(event), { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: true });
    const frame = Buffer.concat(pieces);
    for (const userId of userIds)
      (sockets.get(userId) as { _socket?: { write(bytes: Buffer): void } } | undefined)?._socket?.write(frame);
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", 4_096, resolve));
  return (server.address() as AddressInfo).port;
});
