import type { InitialMessage, Message } from "@parley/protocol";
import type { Caller } from "../../src/domain/caller.ts";
import type { ConversationId } from "../../src/domain/ids.ts";
import { createChanges, type ChangesDeps } from "../../src/services/changes/changes.ts";
import { createChangesEverywhere } from "../../src/services/changes/changes-everywhere.ts";
import { createContact } from "../../src/services/contact/contact.ts";
import { createConversations } from "../../src/services/conversations/conversations.ts";
import { createConversationPresenter } from "../../src/services/conversations/present-conversations.ts";
import { createDeliveryStatus } from "../../src/services/delivery-status.ts";
import { createMarks } from "../../src/services/marks.ts";
import { createMembers } from "../../src/services/members/members.ts";
import { createMemberPresenter } from "../../src/services/members/present-members.ts";
import { createChangeMessages } from "../../src/services/messages/change-messages.ts";
import { createMessagePresenter } from "../../src/services/messages/present-messages.ts";
import { createReadMessages } from "../../src/services/messages/read-messages.ts";
import { createSend, type SendOptions } from "../../src/services/messages/send.ts";
import { createPins } from "../../src/services/pins.ts";
import { createReactions } from "../../src/services/reactions.ts";
import { createUserCache } from "../../src/services/user-cache.ts";
import { createUserSummaries } from "../../src/services/user-summaries.ts";
import type { Database } from "../../src/store/database.ts";
import { createEpochSource } from "../../src/store/instance.ts";
import { createMarksWriter, type MarkMoved } from "../../src/store/marks/marks-writer.ts";
import { startCommitter } from "./committer.ts";

export type CoreServices = ReturnType<typeof startCore>;

/** The services of conversations, members, sending, marks and catch-up on a real committer and a real writer of marks. Close it in the end. */
export function startCore(database: Database) {
  const committer = startCommitter(database);
  const moves: MarkMoved[] = [];
  const troubles: unknown[] = [];
  const onTrouble = (error: unknown): void => void troubles.push(error);
  const writer = createMarksWriter({
    database,
    intervalMs: 0,
    onMoved: (moved) => void moves.push(...moved),
    onTrouble,
  });
  const users = createUserCache({ db: database });
  const presenter = createMessagePresenter({ db: database, summaries: createUserSummaries(users) });
  const memberPresenter = createMemberPresenter({ db: database, users });
  const conversationPresenter = createConversationPresenter({
    db: database,
    messages: presenter,
    users,
    marks: writer,
  });
  const marks = createMarks({ db: database, writer, onTrouble });
  const send = createSend({
    db: database,
    committer,
    presenter,
    fingerprintKey: Buffer.alloc(32, 1),
    maxContent: 10_000,
    userIdsByUsername: async () => [],
    limitSend: () => undefined,
    advanceOwnMark: marks.advanceOwn,
  });
  const changesDeps: ChangesDeps = {
    db: database,
    epoch: createEpochSource(database, 0),
    presenters: { messages: presenter, members: memberPresenter, conversations: conversationPresenter },
  };
  return {
    database,
    committer,
    send,
    writer,
    marks,
    statuses: createDeliveryStatus({ db: database }),
    changes: createChanges(changesDeps),
    everywhere: createChangesEverywhere(changesDeps),
    changesDeps,
    reading: createReadMessages({ db: database, presenter }),
    messages: createChangeMessages({
      db: database,
      committer,
      presenter,
      userIdsByUsername: async () => [],
      settings: { maxContent: 10_000, editWindowMs: 0, restoreWindowMs: 86_400_000 },
    }),
    reactions: createReactions({ db: database, committer, users: { many: async () => new Map() } }),
    pins: createPins({ db: database, committer, presenter }),
    conversations: createConversations({ db: database, committer, presenter: conversationPresenter, send }),
    members: createMembers({ database, committer, presenter: memberPresenter, users }),
    contact: createContact({ database, users }),
    /** What was told of marks after commits. */
    moves,
    troubles,
    /** Sends a text, or whatever the fields say; answers the message. */
    async say(
      caller: Caller,
      id: ConversationId,
      fields: Partial<InitialMessage> = {},
      options?: SendOptions,
    ): Promise<Message> {
      const { message } = await send(caller, id, { content_type: "text", content: "hello", ...fields }, options);
      return message;
    },
    async close(): Promise<void> {
      await Promise.all([writer.close(), committer.close()]);
    },
  };
}
