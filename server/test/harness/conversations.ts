import { createConversation, type CreateConversationInput } from "@parley/protocol";
import type { Caller } from "../../src/domain/caller.ts";
import type { ConversationId } from "../../src/domain/ids.ts";
import { createAudit, type AuditService } from "../../src/services/audit.ts";
import { createConversations, type ConversationsService } from "../../src/services/conversations/conversations.ts";
import type { CreateResult } from "../../src/services/conversations/create.ts";
import {
  createConversationPresenter,
  type ConversationPresenter,
} from "../../src/services/conversations/present-conversations.ts";
import { createMarks } from "../../src/services/marks.ts";
import { createMessagePresenter } from "../../src/services/messages/present-messages.ts";
import { createSend, type SendService } from "../../src/services/messages/send.ts";
import type { SpaceEvent } from "../../src/services/spaces/space-access.ts";
import { createSpaces, type SpacesService } from "../../src/services/spaces/spaces.ts";
import { createUserCache } from "../../src/services/user-cache.ts";
import { createUserSummaries } from "../../src/services/user-summaries.ts";
import type { Database } from "../../src/store/database.ts";
import { createMarksWriter } from "../../src/store/marks/marks-writer.ts";
import { findUserIdsByUsername } from "../../src/store/users.ts";
import { startCommitter, type TestCommitter } from "./committer.ts";

export interface ConversationServices extends AsyncDisposable {
  readonly committer: TestCommitter;
  readonly conversations: ConversationsService;
  readonly presenter: ConversationPresenter;
  readonly spaces: SpacesService;
  readonly audit: AuditService;
  readonly send: SendService;
  readonly marks: ReturnType<typeof createMarks>;
  readonly spaceEvents: SpaceEvent[];
  /** Creates from what a client would write. */
  make(caller: Caller, input: CreateConversationInput): Promise<CreateResult>;
  /** Sends a text; answers its seq. */
  say(caller: Caller, id: ConversationId, content?: string): Promise<number>;
}

/** The services of conversations, spaces and sending on a real committer. Dispose of them in the end. */
export function startConversations(database: Database): ConversationServices {
  const onTrouble = (error: unknown): never => {
    throw error;
  };
  const committer = startCommitter(database);
  const writer = createMarksWriter({ database, onMoved: () => undefined, onTrouble });
  const users = createUserCache({ db: database });
  const messages = createMessagePresenter({ db: database, summaries: createUserSummaries(users) });
  const presenter = createConversationPresenter({ db: database, messages, users, marks: writer });
  const marks = createMarks({ db: database, writer, onTrouble });
  const send = createSend({
    db: database,
    committer,
    presenter: messages,
    fingerprintKey: Buffer.alloc(32, 7),
    maxContent: 10_000,
    userIdsByUsername: (names) => findUserIdsByUsername(database, names),
    limitSend: () => undefined,
    advanceOwnMark: (message, mark, kind) => marks.advanceOwn(message, mark, kind),
  });
  const conversations = createConversations({ db: database, committer, presenter, send });
  const spaceEvents: SpaceEvent[] = [];
  const spaces = createSpaces({
    db: database,
    committer,
    presenter,
    users,
    spaceChanged: (event) => void spaceEvents.push(event),
  });
  return {
    committer,
    conversations,
    presenter,
    spaces,
    audit: createAudit({ db: database }),
    send,
    marks,
    spaceEvents,
    make: (caller, input) => conversations.create(caller, createConversation.parse(input)),
    async say(caller, id, content = "hello") {
      const { message } = await send(caller, id, { content_type: "text", content });
      return message.seq;
    },
    async [Symbol.asyncDispose]() {
      await committer.close();
      await writer.close();
    },
  };
}
