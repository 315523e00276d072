import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import pg from "pg";
import { Server } from "socket.io";
import type { Scene } from "../stage.ts";
import { asRival } from "./process.ts";

interface SocketIoSetup {
  readonly scenes: readonly Scene[];
  readonly connectionString: string;
}

/** Connections that write; more made it slower on a small machine, fewer as well. */
const CONNECTIONS = 16;

/**
 * What one would write instead: socket.io, a room for each conversation, one INSERT for each message, then the event to the room
 * and the acknowledgement. No order among receivers, no rights, no idempotency, no catch-up: those would come on top.
 */
asRival(async (setup) => {
  const { scenes, connectionString } = setup as SocketIoSetup;
  const pool = new pg.Pool({ connectionString, max: CONNECTIONS });
  await pool.query("DROP TABLE IF EXISTS rival_messages");
  await pool.query(`CREATE TABLE rival_messages (id uuid PRIMARY KEY, conversation_id uuid NOT NULL, sender_id uuid NOT NULL,
    content text NOT NULL, created_at timestamptz NOT NULL DEFAULT now())`);
  await pool.query("CREATE INDEX rival_messages_page ON rival_messages (conversation_id, created_at)");
  const roomsOf = new Map<string, string[]>();
  for (const { id, members } of scenes)
    for (const member of members) roomsOf.set(member, [...(roomsOf.get(member) ?? []), id]);

  const server = createServer();
  const io = new Server(server, { transports: ["websocket"], perMessageDeflate: false, serveClient: false });
  io.on("connection", async (socket) => {
    const userId = String(socket.handshake.query["user"]);
    await socket.join(roomsOf.get(userId) ?? []);
    socket.on(
      "send",
      async (
        { conversation_id, id, content }: { conversation_id: string; id: string; content: string },
        done: (answer: object) => void,
      ) => {
        const { rows } = await pool.query<{ created_at: Date }>({
          name: "insert",
          text: "INSERT INTO rival_messages (id, conversation_id, sender_id, content) VALUES ($1, $2, $3, $4) RETURNING created_at",
          values: [id, conversation_id, userId, content],
        });
        const sender = { id: userId, username: `bench-${userId}`, display_name: "Bench" };
        const message = { id, conversation_id, sender_id: userId, sender, content, created_at: rows[0]?.created_at };
        io.to(conversation_id).emit("message", message);
        done({ message });
      },
    );
    socket.emit("ready");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", 4_096, resolve));
  return (server.address() as AddressInfo).port;
});
