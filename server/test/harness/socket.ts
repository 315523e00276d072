import type {
  ChangeEvent,
  CommandInput,
  CommandType,
  ErrorFrame,
  OkCommand,
  OkData,
  Reply,
  ServerEvent,
  ServerFrame,
} from "@parley/protocol";
import { CHANGE_EVENT_TYPES, serverFrame } from "@parley/protocol";
import { WebSocket } from "ws";
import { until } from "./until.ts";

type DataOf<Type extends CommandType> = Extract<CommandInput, { type: Type }>["data"];

export interface OpenOptions {
  /** Sent as `Authorization: Bearer`. */
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly protocols?: readonly string[];
  /** Put behind the path. */
  readonly query?: string;
}

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** One client of a test, with everything that it was told. Every frame is compared with its schema. */
export class SocketClient implements AsyncDisposable {
  /** In the order of their arrival. */
  readonly frames: ServerFrame[] = [];
  readonly socket: WebSocket;
  readonly closed: Promise<Closed>;
  #isClosed = false;
  #lastId = 0;
  readonly #waiting = new Map<string, (reply: Reply) => void>();

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (bytes: Buffer) => this.#take(serverFrame.parse(JSON.parse(bytes.toString()))));
    socket.on("error", () => undefined);
    this.closed = new Promise((resolve) => {
      socket.on("close", (code, reason) => {
        this.#isClosed = true;
        resolve({ code, reason: String(reason) });
      });
    });
  }

  /** Opens a socket; who it is, is the caller's business. Rejects with the HTTP status when it is refused. */
  static async open(url: string, options: OpenOptions = {}): Promise<SocketClient> {
    const { token, headers = {}, protocols = [], query = "" } = options;
    const socket = new WebSocket(`${url.replace(/^http/, "ws")}/v1/messaging/ws${query}`, [...protocols], {
      headers: { ...headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    });
    const client = new SocketClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("unexpected-response", (_request, response) =>
        reject(new Error(`refused with ${response.statusCode}`)),
      );
      socket.once("error", reject);
    });
    return client;
  }

  /** Opens a socket with a token and waits until it is connected. */
  static async connect(url: string, token: string): Promise<SocketClient> {
    const client = await SocketClient.open(url, { token });
    await client.next("connected");
    return client;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Sends what it is given, as it is. */
  sendRaw(data: string | Buffer): void {
    this.socket.send(data);
  }

  /** Sends a command and answers its reply, whatever it is. */
  command<Type extends CommandType>(type: Type, data: DataOf<Type>): Promise<Reply> {
    const id = String((this.#lastId += 1));
    const reply = new Promise<Reply>((resolve) => this.#waiting.set(id, resolve));
    this.sendRaw(JSON.stringify({ type, id, data }));
    return reply;
  }

  /** The same for a command that is expected to succeed. */
  async ok<Type extends OkCommand>(type: Type, data: DataOf<Type>): Promise<OkData<Type>> {
    const reply = await this.command(type, data);
    if (reply.type !== "ok") throw new Error(`${type} was answered with ${JSON.stringify(reply)}`);
    return reply.data as OkData<Type>;
  }

  /** The same for one that is expected to fail. */
  async refused<Type extends CommandType>(type: Type, data: DataOf<Type>): Promise<ErrorFrame["data"]> {
    const reply = await this.command(type, data);
    if (reply.type !== "error") throw new Error(`${type} was answered with ${JSON.stringify(reply)}`);
    return reply.data;
  }

  /** Waits for a frame of the type, of those after the first `skip` of them. */
  async next<Type extends ServerFrame["type"]>(type: Type, skip = 0): Promise<Extract<ServerFrame, { type: Type }>> {
    const found = (): ServerFrame | undefined => this.frames.filter((frame) => frame.type === type)[skip];
    await until(() => found() !== undefined || this.#isClosed);
    const frame = found();
    if (!frame) throw new Error(`no ${type} came before the socket was closed`);
    return frame as Extract<ServerFrame, { type: Type }>;
  }

  /** Events of a conversation so far, with or without signals. */
  events(conversationId: string): Extract<ServerEvent, { conversation_id: string }>[] {
    return this.frames.filter(
      (frame): frame is Extract<ServerEvent, { conversation_id: string }> =>
        "conversation_id" in frame && frame.type !== "changes" && frame.conversation_id === conversationId,
    );
  }

  /** The changes among them. */
  changes(conversationId: string): ChangeEvent[] {
    const types: readonly string[] = CHANGE_EVENT_TYPES;
    return this.events(conversationId).filter((event): event is ChangeEvent => types.includes(event.type));
  }

  /** Waits until the change of this version has come. */
  async version(conversationId: string, version: number): Promise<ChangeEvent> {
    const found = (): ChangeEvent | undefined =>
      this.changes(conversationId).find((event) => event.version === version);
    await until(() => found() !== undefined || this.#isClosed);
    const event = found();
    if (!event) throw new Error(`version ${version} did not come before the socket was closed`);
    return event;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.terminate();
    await this.closed;
  }

  #take(frame: ServerFrame): void {
    this.frames.push(frame);
    if (frame.type === "changes" || !("id" in frame) || frame.id === undefined) return;
    this.#waiting.get(frame.id)?.(frame);
    this.#waiting.delete(frame.id);
  }
}
