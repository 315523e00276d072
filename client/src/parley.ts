import type { Message, Notification, PresenceStatus, ServerEvent } from "@parley/protocol";
import { createApi, type Api } from "./api.ts";
import { systemClock, type Clock } from "./clock.ts";
import {
  createConnection,
  platformWake,
  type Connection,
  type ConnectionState,
  type SocketConstructor,
  type WakeSource,
} from "./connection.ts";
import { createConversation, type ConversationHandle, type OwnedHandle } from "./conversation.ts";
import { createDelivery } from "./delivery.ts";
import { hasCode, ParleyError } from "./errors.ts";
import { createHttp } from "./http.ts";
import { createCell, createTopic, when, type Observable } from "./observable.ts";
import type { Destination, Draft, Outgoing } from "./outbox/entry.ts";
import { createIndexedDbStorage } from "./outbox/indexed-db.ts";
import { noLock, webLock, type OutboxLock } from "./outbox/lock.ts";
import { createOutbox, type Outbox } from "./outbox/outbox.ts";
import { createMemoryStorage, type OutboxStorage } from "./outbox/storage.ts";
import { createOwnChanges, type OwnChange } from "./own-changes.ts";
import { createPresenceBoard, type PresenceBoard } from "./presence.ts";
import { createConversationList, type UnreadTotals } from "./store/conversation-list.ts";
import type { Cache, OpenCache } from "./store/kept.ts";
import type { ConversationState } from "./store/state.ts";
import { createSync } from "./store/sync.ts";
import { createTokens, type GetToken } from "./tokens.ts";
import { createTypists } from "./typing.ts";

/** Where Parley is, who one is, and what the SDK may use. */
export interface ConnectOptions {
  /** Where Parley is: `https://chat.example.com`. */
  readonly url: string;
  /** A token that does not change; for programs. */
  readonly token?: string;
  /** Asked for a token at the start, before one ends, and when one was refused. */
  readonly getToken?: GetToken;
  /** Names the outbox and the cache on this device. Default: the subject of the token. Give it where the page may open without a network. */
  readonly account?: string;
  /** Where the outbox is kept. Default: IndexedDB in browsers, memory elsewhere. */
  readonly storage?: OutboxStorage;
  /** Keeps conversations on the device, to be shown at the next start without a network: `createCache()` of `@parley/client/cache`. Default: nothing is kept. */
  readonly cache?: Cache;
  /** Which of several tabs sends. Default: a Web Lock where there is one. */
  readonly lock?: OutboxLock;
  /** Default: the platform's. Node before 22 has none: give the one of the package `ws`. */
  readonly WebSocket?: unknown;
  /** Default: the platform's. */
  readonly fetch?: typeof globalThis.fetch;
  /** Messages a page has, 1 to 100. Default 50. */
  readonly pageSize?: number;
  /** How long an HTTP request may take. Default 30,000 ms. */
  readonly timeoutMs?: number;
  /** Whether to tell senders that their messages have reached this device. Default true. */
  readonly tellDelivered?: boolean;
  /** For tests. */
  readonly clock?: Clock;
  /** For tests: 0 to 1. */
  readonly random?: () => number;
  /** For platforms with other signs of life than a browser's. */
  readonly wake?: WakeSource;
}

/** A connection to Parley, with everything that is known of it. */
export interface Parley {
  /** How the connection stands. */
  readonly connection: Observable<ConnectionState>;
  /** Resolves once connected and caught up. Rejects with `unauthenticated` or `closed`, or the reason of the signal. */
  ready(signal?: AbortSignal): Promise<void>;
  /** Resolves once what the cache has kept is shown; at once where there is no cache. */
  readonly restored: Promise<void>;
  /** Tries to connect now. */
  reconnect(): void;
  /** One's own id; undefined until the first connection, unless it is in the cache. */
  readonly userId: string | undefined;
  /** Every endpoint of the HTTP API. */
  readonly api: Api;
  /** One's conversations, newest activity first; undefined until they were loaded. */
  readonly conversations: Observable<readonly ConversationState[] | undefined>;
  /** Over all one's conversations. */
  readonly unread: Observable<UnreadTotals>;
  /** The same object for the same id. */
  conversation(id: string): ConversationHandle;
  /** Sends to a conversation or a person, like `send` of a conversation. */
  send(to: Destination, draft: string | Draft): Outgoing;
  /** Everything on its way, in all conversations: `entries` in the order of sending, `retry(id)` and `discard(id)`. */
  readonly outbox: Pick<Outbox, "entries" | "retry" | "discard">;
  /** Who is there. */
  readonly presence: PresenceBoard;
  /** Tells others whether one is there; `offline` appears offline. Rejects with `offline` without a connection. */
  setPresence(status: PresenceStatus): Promise<void>;
  /** Calls back with each message that comes, one's own included: once, in order within a conversation, and after an absence too, unless more was missed than the service replays. */
  onMessage(listener: (message: Message) => void): () => void;
  /** Calls back with live events of a type, once they are applied. What happened during an absence comes as state alone. */
  on<Type extends ServerEvent["type"]>(
    type: Type,
    listener: (event: Extract<ServerEvent, { type: Type }>) => void,
  ): () => void;
  /** Calls back with each notification that comes while there is a connection. Answers what ends it. */
  onNotification(listener: (notification: Notification) => void): () => void;
  /** Calls back when something is set for oneself alone (archived, muted, a draft, a saved message …), here or in another tab of the account. */
  onOwnChange(listener: (change: OwnChange) => void): () => void;
  /** Removes what the cache keeps for this account, and keeps nothing more: for signing out. Rejects where it could not be removed. The outbox stays. */
  clearCache(): Promise<void>;
  /** Ends the connection. What is in the outbox stays there. */
  close(): void;
}

/**
 * Connects, and stays connected until it is closed. Answers at once; `ready()` waits for the connection. Throws a
 * `TypeError` where the platform has no WebSocket and none was given.
 *
 * One of these is for one account: for another, close it and connect anew.
 */
export function connect(options: ConnectOptions): Parley {
  const { clock = systemClock, random = Math.random, pageSize = 50 } = options;
  const url = options.url.replace(/\/+$/, "");
  const tokens = createTokens(options, clock);
  const http = createHttp({
    url,
    tokens,
    fetch: options.fetch ?? ((...args) => globalThis.fetch(...args)),
    timeoutMs: options.timeoutMs ?? 30_000,
  });
  const api = createApi(http, (method, input, { actAs }) => {
    if (actAs === undefined) own.note(method, input);
  });
  const messages = createTopic<Message>();
  const events = createTopic<ServerEvent>();
  const handles = new Map<string, OwnedHandle>();
  const later: { connection?: Connection } = {};
  const connection = (): Connection => {
    if (!later.connection) throw new ParleyError("offline", "There is no connection now.");
    return later.connection;
  };

  /** Whose outbox and cache it is: nobody sends what another account said on this device, or sees what it saw. */
  const account = createCell<string | undefined>(options.account ?? tokens.subject());
  const named = (what: string): Promise<string> =>
    when(account, (name) => name !== undefined).then((name) => `parley${what} ${url} ${name}`);
  const own = createOwnChanges(named(" own"));
  let isOver = false;
  let cache: OpenCache | undefined;
  const cached = options.cache && named(" cache").then(openCache);

  function openCache(name: string): OpenCache | undefined {
    if (isOver) return undefined;
    cache = options.cache?.(name, {
      clock,
      changed: sync.changed,
      standing: () => sync.standing(),
      isOnline: () => connection().state.value === "online",
    });
    return cache;
  }

  const sync = createSync({
    api,
    clock,
    connection,
    kept: async () => await (await cached)?.kept,
    onApplied: (_, event) => events.tell(event),
    onMessage(message) {
      typists.stop(message.conversation_id, message.sender_id);
      if (message.sender_id === sync.me()) outbox.arrived(message.id);
      else delivery.held(message.conversation_id, message.seq);
      messages.tell(message);
    },
    onReset: (replica) => handles.get(replica.id)?.restore(),
    onMoved: (replica) => arrivals(replica.id),
  });
  const delivery = createDelivery({
    clock,
    connection,
    isWanted: options.tellDelivered ?? true,
    replica: (id) => sync.replicas.get(id),
  });
  const typists = createTypists(clock, (id, typing) =>
    sync.replicas.get(id)?.update((state) => ({ ...state, typing })),
  );
  const presence = createPresenceBoard(connection);
  const list = createConversationList(sync);

  const storage = options.storage ? Promise.resolve(options.storage) : named("").then(defaultStorage);
  const outbox = createOutbox({
    storage,
    lock: options.lock ?? defaultLock(options.storage !== undefined),
    lockName: () => `parley outbox ${url} ${account.value ?? ""}`,
    clock,
    random,
    isOnline: () => later.connection?.state.value === "online",
    async send({ id, to, draft }) {
      const send = (more: Draft) => connection().request("send_message", { ...more, ...to, id });
      const answer = await send(draft).catch((error: unknown) => {
        const { send_at: time, ...now } = draft;
        // Its time came before the connection did.
        const isLate = time !== undefined && Date.parse(time) <= clock.now() && hasCode(error, "validation_failed");
        if (!isLate) throw error;
        return send(now);
      });
      return "message" in answer ? answer.message : undefined;
    },
    onSent(entry, message) {
      if (message) arrivals(message.conversation_id);
      else own.note("sendMessage", entry.to);
    },
  });
  own.subscribe(({ method, input }) => {
    const isHeld =
      method === "archiveConversation" || method === "updateOwnMembership" || method === "deleteConversation";
    const replica = isHeld ? sync.replicas.get(input.conversation_id) : undefined;
    // What is gone for everyone is told as a change.
    if (!replica || (method === "deleteConversation" && replica.cell.value.conversation?.kind !== "direct")) return;
    void sync.refresh(replica).catch(() => undefined);
  });
  outbox.entries.subscribe(showPending);

  /** What is sent and seen in its place is not on its way any more. */
  function arrivals(conversationId: string): void {
    const replica = sync.replicas.get(conversationId);
    // Of a conversation that is gone, nothing will be seen any more.
    const version = replica ? (replica.version ?? -1) : Infinity;
    for (const { id, message } of outbox.entries.value) {
      if (message?.conversation_id === conversationId && message.version <= version) outbox.arrived(id);
    }
  }

  function showPending(entries: readonly Outgoing[]): void {
    const byConversation = new Map<string, Outgoing[]>();
    for (const entry of entries) {
      const id =
        entry.message?.conversation_id ?? ("conversation_id" in entry.to ? entry.to.conversation_id : undefined);
      if (id !== undefined) byConversation.set(id, [...(byConversation.get(id) ?? []), entry]);
    }
    for (const replica of [...sync.replicas.values()]) {
      const pending = byConversation.get(replica.id) ?? [];
      if (pending.length > 0 || replica.cell.value.pending.length > 0)
        replica.update((state) => ({ ...state, pending }));
    }
  }

  sync.changed.subscribe((replica) => {
    if (!replica.cell.value.gone) return;
    handles.delete(replica.id);
    arrivals(replica.id);
  });

  later.connection = createConnection({
    url,
    tokens,
    clock,
    random,
    WebSocket: (options.WebSocket ?? platformSocket()) as SocketConstructor,
    wake: options.wake ?? platformWake,
    onFrame(frame) {
      if (frame.type === "connected") account.set(account.value ?? tokens.subject() ?? frame.data.user_id);
      sync.hear(frame);
      if (frame.type === "typing.start" && frame.user_id !== sync.me())
        typists.start(frame.conversation_id, frame.user_id);
      else if (frame.type === "typing.stop") typists.stop(frame.conversation_id, frame.user_id);
      else if (frame.type === "presence.updated") presence.heard(frame.data);
      // Changes are told once they are applied.
      if ("timestamp" in frame && !("version" in frame)) events.tell(frame);
    },
    onLost() {
      sync.lost();
      typists.clear();
    },
  });

  const stopWatching = connection().state.subscribe((state) => {
    if (state !== "online") return;
    for (const handle of handles.values()) handle.restore();
    presence.restart();
    showPending(outbox.entries.value);
    outbox.wake();
  });

  function conversation(id: string): ConversationHandle {
    const held = handles.get(id);
    if (held) return held;
    const handle = createConversation(
      {
        api,
        clock,
        connection,
        outbox,
        sync,
        pageSize,
        onHeld: (replica, newest) => delivery.held(replica.id, newest.seq),
      },
      sync.replica(id),
    );
    handles.set(id, handle);
    showPending(outbox.entries.value);
    return handle;
  }

  return {
    connection: connection().state,
    restored: sync.restored,
    async ready(signal) {
      const state = await when(
        connection().state,
        (value) => value === "online" || value === "unauthorised" || value === "closed",
        signal,
      );
      if (state === "unauthorised")
        throw new ParleyError("unauthenticated", "The service takes none of the tokens it was shown.");
      if (state === "closed") throw new ParleyError("closed", "The client was closed.");
    },
    reconnect: () => connection().reconnect(),
    get userId() {
      return sync.me() === "" ? undefined : sync.me();
    },
    api,
    conversations: list.conversations,
    unread: list.unread,
    conversation,
    send: (to, draft) => {
      const { outgoing, kept } = outbox.add(to, typeof draft === "string" ? { content: draft } : draft);
      kept.catch(() => undefined);
      return outgoing;
    },
    outbox,
    presence,
    async setPresence(status) {
      await connection().request("set_presence", { status });
    },
    onMessage: (listener) => messages.subscribe(listener),
    on: (type, listener) =>
      events.subscribe((event) => {
        if (event.type === type) listener(event as Extract<ServerEvent, { type: typeof type }>);
      }),
    onNotification: (listener) =>
      events.subscribe((event) => {
        if (event.type === "notification.created") listener(event.data);
      }),
    onOwnChange: own.subscribe,
    async clearCache() {
      if (account.value !== undefined) await (await cached)?.clear();
    },
    close() {
      isOver = true;
      // While the connection is there, it may still be written as what it is.
      cache?.close();
      stopWatching();
      outbox.close();
      delivery.close();
      own.close();
      connection().close();
    },
  };
}

function platformSocket(): unknown {
  if (typeof WebSocket === "undefined") {
    throw new TypeError(
      "There is no WebSocket on this platform: give one as `WebSocket`, like that of the package ws.",
    );
  }
  return WebSocket;
}

function defaultStorage(name: string): OutboxStorage {
  return typeof indexedDB === "undefined" ? createMemoryStorage() : createIndexedDbStorage(name);
}

function defaultLock(hasOwnStorage: boolean): OutboxLock {
  return !hasOwnStorage && typeof indexedDB !== "undefined" && typeof navigator !== "undefined" && "locks" in navigator
    ? webLock
    : noLock;
}
