import WebSocket from "ws";

/**
 * Somebody at a socket, of Parley or of a rival, with as little work as can be: the generator shares the machine with what it
 * measures. Frames are told apart by how they begin and never parsed whole.
 */
export interface Client {
  /** Sends a message; resolves when it is acknowledged. `id` names the message. */
  send(conversationId: string, id: string, content: string): Promise<void>;
  /** Messages of everyone that have arrived. */
  received: number;
  /** Called with the id of each message that arrives. */
  onMessage: ((id: string) => void) | undefined;
  close(): void;
}

export type Connect = (userId: string) => Promise<Client>;

/** Everyone at a socket, so many connecting at once. */
export async function connectAll(
  userIds: readonly string[],
  connect: Connect,
  say?: (line: string) => void,
): Promise<Map<string, Client>> {
  const clients = new Map<string, Client>();
  const waiting = [...userIds];
  const connectOne = async (): Promise<void> => {
    for (let userId = waiting.pop(); userId !== undefined; userId = waiting.pop()) {
      clients.set(userId, await connect(userId));
      if (say && clients.size % 2_500 === 0) say(`${clients.size.toLocaleString("en")} sockets are open`);
    }
  };
  await Promise.all(Array.from({ length: 64 }, connectOne));
  return clients;
}

export function closeAll(clients: ReadonlyMap<string, Client>): void {
  for (const client of clients.values()) client.close();
}

export function openSocket(url: string, headers: Record<string, string> = {}): Promise<WebSocket> {
  const socket = new WebSocket(url, { headers, perMessageDeflate: false, skipUTF8Validation: true });
  return new Promise((resolve, reject) => {
    socket.once("open", () => resolve(socket));
    socket.once("error", reject);
  });
}

/** What was asked and is not answered yet. */
export class Waiting {
  readonly #asked = new Map<string, { resolve: () => void; reject: (error: Error) => void }>();

  add(id: string): Promise<void> {
    return new Promise((resolve, reject) => this.#asked.set(id, { resolve, reject }));
  }

  settle(id: string, error?: Error): void {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    if (error) asked?.reject(error);
    else asked?.resolve();
  }

  fail(error: Error): void {
    for (const { reject } of this.#asked.values()) reject(error);
    this.#asked.clear();
  }
}
