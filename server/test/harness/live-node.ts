import { randomUUID } from "node:crypto";
import { createConversation, type CreateConversationInput, type Message } from "@parley/protocol";
import { pino } from "pino";
import { createEventStreams, type EventStreamLimits } from "../../src/adapters/http/events.ts";
import { presenceRoutes } from "../../src/adapters/http/presence.ts";
import { createHttpServer } from "../../src/adapters/http/server.ts";
import type { SocketLimits } from "../../src/adapters/socket/limits.ts";
import { createSocketServer } from "../../src/adapters/socket/server.ts";
import type { Caller } from "../../src/domain/caller.ts";
import type { ConversationId } from "../../src/domain/ids.ts";
import type { Bus } from "../../src/realtime/bus/bus.ts";
import { createLocalBus } from "../../src/realtime/bus/local.ts";
import { createHub, type Hub } from "../../src/realtime/hub.ts";
import type { HubLimits } from "../../src/realtime/limits.ts";
import { createAuthentication } from "../../src/services/authentication.ts";
import { createJwtVerifier } from "../../src/services/authentication/verify-jwt.ts";
import { createContact } from "../../src/services/contact/contact.ts";
import { createConversations } from "../../src/services/conversations/conversations.ts";
import { createConversationPresenter } from "../../src/services/conversations/present-conversations.ts";
import { createMarks } from "../../src/services/marks.ts";
import { createMembers } from "../../src/services/members/members.ts";
import { createMemberPresenter } from "../../src/services/members/present-members.ts";
import { createChangeMessages } from "../../src/services/messages/change-messages.ts";
import { createMessagePresenter } from "../../src/services/messages/present-messages.ts";
import { createSendTo } from "../../src/services/messages/send-to.ts";
import { createSend } from "../../src/services/messages/send.ts";
import { createPins } from "../../src/services/pins.ts";
import { createPresence } from "../../src/services/presence.ts";
import { createRateLimits } from "../../src/services/rate-limits.ts";
import { createReactions } from "../../src/services/reactions.ts";
import { createResume } from "../../src/services/resume/resume.ts";
import { createScheduledMessages } from "../../src/services/scheduled-messages.ts";
import { createTyping } from "../../src/services/typing.ts";
import { createUserCache } from "../../src/services/user-cache.ts";
import { createUserSummaries } from "../../src/services/user-summaries.ts";
import type { CommittedChange } from "../../src/store/changes.ts";
import type { Database, Reader } from "../../src/store/database.ts";
import { createEpochSource } from "../../src/store/instance.ts";
import { createMarksWriter } from "../../src/store/marks/marks-writer.ts";
import { findUserIdsByUsername } from "../../src/store/users.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { startCommitter } from "./committer.ts";
import { tokenFor } from "./http.ts";
import { run } from "./rows.ts";
import { SocketClient } from "./socket.ts";

export interface LiveNodeOptions {
  readonly hub?: Partial<HubLimits>;
  readonly socket?: Partial<SocketLimits>;
  readonly events?: Partial<EventStreamLimits>;
  readonly bus?: Bus;
  /** What the hub is told of commits: to lose, delay or reorder it. Default: everything. */
  readonly tell?: (hub: Hub, changes: readonly CommittedChange[]) => void;
  /** What the hub reads with: to hold up its readings. Default: the database. */
  readonly reader?: Reader;
  /** Milliseconds since the epoch; default the system's clock. */
  readonly now?: () => number;
  /** Milliseconds of a clock that nobody sets; default `now` where that is given, else the process's own. */
  readonly ticks?: () => number;
}

/** Somebody who can come online. */
export interface Person {
  readonly caller: Caller;
  readonly token: string;
}

export type LiveNode = Awaited<ReturnType<typeof startLiveNode>>;

const SECRET = "the secret that the tests sign their tokens with";

/** One node with sockets and event streams on a free port, and the services they speak to. Dispose of it in the end. */
export async function startLiveNode(database: Database, options: LiveNodeOptions = {}) {
  const { bus = createLocalBus().join(), tell = (hub, changes) => hub.committed(changes), now = Date.now } = options;
  const ticks = options.ticks ?? options.now ?? (() => performance.now());
  const troubles: unknown[] = [];
  const logged: string[] = [];
  const onTrouble = (error: unknown): void => void troubles.push(error);
  const logger = pino({ level: "trace" }, { write: (line: string) => void logged.push(line) });
  const metrics = createMetrics();
  const later: { hub?: Hub } = {};
  const committer = startCommitter(database, {
    onCommitted(changes) {
      if (later.hub) tell(later.hub, changes);
    },
  });
  const writer = createMarksWriter({
    database,
    intervalMs: 0,
    onMoved: (moved) => later.hub?.marksMoved(moved),
    onTrouble,
  });
  const users = createUserCache({ db: database });
  const messages = createMessagePresenter({ db: database, summaries: createUserSummaries(users) });
  const members = createMemberPresenter({ db: database, users });
  const conversations = createConversationPresenter({ db: database, messages, users, marks: writer });
  const presenters = { messages, members, conversations };
  const hub = createHub({
    db: options.reader ?? database,
    presenters,
    bus,
    now,
    ticks,
    limits: { presenceMs: 10, ...options.hub },
    onTold: (kind, sessions) => metrics.deliveries.inc({ kind }, sessions),
    onDropped: (count) => metrics.droppedSignals.inc(count),
    onTrouble,
  });
  later.hub = hub;

  const limits = createRateLimits({ rates: undefined });
  const verifyJwt = createJwtVerifier({ secret: SECRET, keySet: undefined, issuer: undefined, audience: undefined });
  const authentication = createAuthentication({ db: database, users, verifyJwt, limits });
  const marks = createMarks({ db: database, writer, onTrouble });
  const userIdsByUsername = (names: readonly string[]) => findUserIdsByUsername(database, names);
  const send = createSend({
    db: database,
    committer,
    presenter: messages,
    fingerprintKey: Buffer.alloc(32, 3),
    maxContent: 10_000,
    userIdsByUsername,
    limitSend: () => undefined,
    advanceOwnMark: marks.advanceOwn,
  });
  const conversing = createConversations({ db: database, committer, presenter: conversations, send });
  const epoch = createEpochSource(database, 0);
  const services = {
    sending: createSendTo({
      send,
      scheduled: createScheduledMessages({
        db: database,
        limitSend: () => undefined,
        maxContent: 10_000,
        now: () => new Date(),
      }),
      conversations: conversing,
    }),
    changing: createChangeMessages({
      db: database,
      committer,
      presenter: messages,
      userIdsByUsername,
      settings: { maxContent: 10_000, editWindowMs: 0, restoreWindowMs: 86_400_000 },
    }),
    reactions: createReactions({ db: database, committer, users: { many: async () => new Map() } }),
    marks,
    typing: createTyping({ db: database, typists: hub.typing }),
    presence: createPresence({ db: database, board: hub.presence }),
    resume: createResume({
      db: database,
      epoch,
      presenters,
      marks,
      pendingMark: (conversationId, userId) => writer.pending(conversationId, userId),
    }),
  };
  const events = createEventStreams({
    hub,
    now,
    ticks,
    onDropped: () => metrics.droppedSignals.inc(),
    onSlow: () => metrics.slowCloses.inc(),
    onTrouble,
    ...(options.events ? { limits: options.events } : {}),
  });
  const isUnavailable = (): boolean => false;
  const sockets = createSocketServer({
    hub,
    services,
    authentication,
    epoch,
    metrics,
    logger,
    isUnavailable,
    trustProxy: undefined,
    now,
    ticks,
    ...(options.socket ? { limits: options.socket } : {}),
  });
  const http = await createHttpServer({
    routes: [...events.routes, ...presenceRoutes(services)],
    pages: [],
    authenticate: authentication.authenticate,
    limits,
    logger,
    isUnavailable,
    metrics,
    corsOrigins: [],
    trustProxy: undefined,
    tls: undefined,
    isSecure: false,
  });
  sockets.attach(http.server);
  const url = await http.listen("127.0.0.1", 0);
  const clients: SocketClient[] = [];

  return {
    url,
    hub,
    http,
    sockets,
    committer,
    writer,
    metrics,
    send,
    members: createMembers({ database, committer, presenter: members, users }),
    contact: createContact({ database, users }),
    pins: createPins({ db: database, committer, presenter: messages }),
    conversations: conversing,
    ...services,
    /** What the hub and its neighbours could not do. */
    troubles,
    logged,

    /** A user with a token; the claims make staff and admins, and set when the token ends. */
    async person(claims: Record<string, unknown> = {}): Promise<Person> {
      const token = await tokenFor(`p-${randomUUID()}`, claims);
      const { caller } = await authentication.authenticate({ token, address: "127.0.0.1" });
      // So that tests need no friendships.
      await run(database, "UPDATE users SET contact_policy = 'everyone' WHERE id = $1", [caller.userId]);
      return { caller, token };
    },

    /** Comes online. Closed with the node. */
    async connect(person: Person): Promise<SocketClient> {
      const client = await SocketClient.connect(url, person.token);
      clients.push(client);
      return client;
    },

    /** Makes a conversation by what a client would write. */
    async make(person: Person, input: CreateConversationInput): Promise<ConversationId> {
      const { conversation } = await conversing.create(person.caller, createConversation.parse(input));
      return conversation.id as ConversationId;
    },

    /** Sends a text and answers the message. */
    async say(person: Person, id: ConversationId, content = "hello", parentId?: string): Promise<Message> {
      const parent = parentId === undefined ? {} : { parent_id: parentId };
      const { message } = await send(person.caller, id, { content_type: "text", content, ...parent });
      return message;
    },

    async [Symbol.asyncDispose](): Promise<void> {
      for (const client of clients) await client[Symbol.asyncDispose]();
      await events[Symbol.asyncDispose]();
      await sockets.close();
      await http.close(500);
      await hub[Symbol.asyncDispose]();
      await writer.close();
      await committer.close();
      await bus[Symbol.asyncDispose]();
    },
  };
}
