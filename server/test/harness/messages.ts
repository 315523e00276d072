import { endpoints, initialMessage, type EndpointId, type InitialMessage, type Message } from "@parley/protocol";
import { fastify, type FastifyInstance } from "fastify";
import { pino } from "pino";
import { expect } from "vitest";
import type * as z from "zod";
import { draftRoutes } from "../../src/adapters/http/drafts.ts";
import { createErrorAnswer } from "../../src/adapters/http/errors.ts";
import { messageRoutes } from "../../src/adapters/http/messages.ts";
import { pinRoutes } from "../../src/adapters/http/pins.ts";
import { serveRoutes } from "../../src/adapters/http/pipeline.ts";
import { reactionRoutes } from "../../src/adapters/http/reactions.ts";
import { savedRoutes } from "../../src/adapters/http/saved.ts";
import { scheduledMessageRoutes } from "../../src/adapters/http/scheduled-messages.ts";
import { threadRoutes } from "../../src/adapters/http/threads.ts";
import type { Caller } from "../../src/domain/caller.ts";
import { SYSTEM_USER, type ConversationId } from "../../src/domain/ids.ts";
import { createConversations } from "../../src/services/conversations/conversations.ts";
import { createConversationPresenter } from "../../src/services/conversations/present-conversations.ts";
import { createDrafts } from "../../src/services/drafts.ts";
import { createMarks } from "../../src/services/marks.ts";
import { createChangeMessages, type MessageSettings } from "../../src/services/messages/change-messages.ts";
import { createMessagePresenter } from "../../src/services/messages/present-messages.ts";
import { createReadMessages } from "../../src/services/messages/read-messages.ts";
import { createSendTo } from "../../src/services/messages/send-to.ts";
import { createSend, type SendDeps } from "../../src/services/messages/send.ts";
import { createPins } from "../../src/services/pins.ts";
import { toUser } from "../../src/services/present-users.ts";
import { createReactions } from "../../src/services/reactions.ts";
import { createSavedMessages } from "../../src/services/saved-messages.ts";
import { createScheduledMessages } from "../../src/services/scheduled-messages.ts";
import { createSendScheduled } from "../../src/services/send-scheduled.ts";
import { createThreads } from "../../src/services/threads.ts";
import { createUserCache } from "../../src/services/user-cache.ts";
import { createUserSummaries } from "../../src/services/user-summaries.ts";
import type { CommitterOptions } from "../../src/store/committer/committer.ts";
import type { Database } from "../../src/store/database.ts";
import { createMarksWriter } from "../../src/store/marks/marks-writer.ts";
import type { ScheduledMessageRow } from "../../src/store/scheduled-messages.ts";
import { findUserIdsByUsername } from "../../src/store/users.ts";
import { startCommitter } from "./committer.ts";
import { HOST } from "./rows.ts";

export interface MessageOptions {
  readonly settings?: Partial<MessageSettings>;
  readonly quota?: CommitterOptions["quota"];
  readonly limitSend?: SendDeps["limitSend"];
}

export type MessageServices = ReturnType<typeof startMessages>;

/** The services of messages and all that hangs on them, on a real committer. Close it in the end. */
export function startMessages(database: Database, options: MessageOptions = {}) {
  const committer = startCommitter(database, { quota: options.quota ?? null });
  const troubles: unknown[] = [];
  const writer = createMarksWriter({
    database,
    intervalMs: 0,
    onMoved: () => undefined,
    onTrouble: (error) => void troubles.push(error),
  });
  const users = createUserCache({ db: database });
  const presenter = createMessagePresenter({ db: database, summaries: createUserSummaries(users) });
  const marks = createMarks({ db: database, writer, onTrouble: (error) => void troubles.push(error) });
  const userIdsByUsername = (names: readonly string[]) => findUserIdsByUsername(database, names);
  const limitSend = options.limitSend ?? (() => undefined);
  const settings = { maxContent: 10_000, editWindowMs: 900_000, restoreWindowMs: 30 * 86_400_000, ...options.settings };
  const send = createSend({
    db: database,
    committer,
    presenter,
    fingerprintKey: Buffer.alloc(32, 3),
    maxContent: settings.maxContent,
    userIdsByUsername,
    limitSend,
    advanceOwnMark: (...sent) => marks.advanceOwn(...sent),
  });
  const conversationPresenter = createConversationPresenter({
    db: database,
    messages: presenter,
    users,
    marks: writer,
  });
  const conversations = createConversations({ db: database, committer, presenter: conversationPresenter, send });
  const scheduled = createScheduledMessages({
    db: database,
    limitSend,
    maxContent: settings.maxContent,
    now: () => new Date(),
  });
  const sending = createSendTo({ send, scheduled, conversations });
  const refused: ScheduledMessageRow[] = [];
  const sendScheduled = createSendScheduled({
    db: database,
    send,
    async callerOf(id) {
      if (id === SYSTEM_USER) return HOST;
      const row = await users.get(id);
      if (!row || row.deactivatedAt) return undefined;
      return {
        userId: row.id,
        kind: row.kind,
        isAdmin: row.isAdmin,
        isStaff: row.isStaff || row.isAdmin,
        isService: false,
      };
    },
    notifyRefused: async (_tx, row) => void refused.push(row),
  });
  const everyone = {
    async many(ids: Parameters<typeof users.many>[0]) {
      return new Map([...(await users.many(ids))].map(([id, row]) => [id, toUser(row, { ...HOST, isService: false })]));
    },
  };
  return {
    committer,
    marks,
    send,
    sending,
    scheduled,
    sendScheduled,
    /** Scheduled messages whose authors were told that they were refused. */
    refused,
    troubles,
    reading: createReadMessages({ db: database, presenter }),
    changing: createChangeMessages({ db: database, committer, presenter, userIdsByUsername, settings }),
    threads: createThreads({ db: database, presenter, sending }),
    reactions: createReactions({ db: database, committer, users: everyone }),
    pins: createPins({ db: database, committer, presenter }),
    drafts: createDrafts({ db: database }),
    saved: createSavedMessages({ db: database, presenter }),
    /** Sends a text, or whatever the fields say; answers the message. */
    async say(
      caller: Caller,
      id: ConversationId,
      fields: Partial<z.input<typeof initialMessage>> | string = {},
    ): Promise<Message> {
      const given: InitialMessage = initialMessage.parse({
        content: "hello",
        ...(typeof fields === "string" ? { content: fields } : fields),
      });
      return (await send(caller, id, given)).message;
    },
    /** What was told after commits of this conversation. */
    toldOf: (id: ConversationId) => committer.told.filter((change) => change.conversationId === id),
    async close(): Promise<void> {
      await Promise.all([committer.close(), writer.close()]);
      expect(troubles).toEqual([]);
    },
  };
}

export interface Call {
  readonly params?: Record<string, string>;
  readonly query?: Record<string, string>;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export interface MessageServer extends AsyncDisposable {
  /** The status and the body. A refusal must be one that the endpoint documents; every answer is compared with its definition. */
  call(who: Caller, id: EndpointId, call?: Call): Promise<{ status: number; body: Record<string, unknown> }>;
}

/** The routes of messages over HTTP, with the caller's id for a token. */
export async function serveMessages(services: MessageServices): Promise<MessageServer> {
  const callers = new Map<string, Caller>();
  const app: FastifyInstance = fastify();
  app.setErrorHandler(createErrorAnswer({ logger: pino({ level: "silent" }), isUnavailable: () => false }));
  const routes = [
    ...messageRoutes(services),
    ...threadRoutes(services),
    ...reactionRoutes(services),
    ...pinRoutes(services),
    ...draftRoutes(services),
    ...savedRoutes(services),
    ...scheduledMessageRoutes(services),
  ];
  serveRoutes(app, routes, {
    authenticate: async ({ token = "" }) => {
      const caller = callers.get(token);
      if (!caller) throw new Error("the test knows no such token");
      return { caller, expiresAt: null, tokenKind: "user", tokenId: null };
    },
    limits: { admitRequest: () => undefined },
    checkResponses: true,
  });
  await app.ready();
  return {
    async call(who, id, { params = {}, query, body, headers = {} } = {}) {
      const token = `${who.userId}${who.isService}`;
      callers.set(token, who);
      const { method, path, errors } = endpoints[id];
      const response = await app.inject({
        method,
        url: path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? `no-${name}`)),
        headers: { authorization: `Bearer ${token}`, ...headers },
        ...(query ? { query } : {}),
        ...(body === undefined ? {} : { payload: body as object }),
      });
      const answer = response.body === "" ? {} : response.json<Record<string, unknown>>();
      if (response.statusCode >= 400) expect(errors).toContain(answer["code"]);
      return { status: response.statusCode, body: answer };
    },
    [Symbol.asyncDispose]: () => app.close().then(() => undefined),
  };
}
