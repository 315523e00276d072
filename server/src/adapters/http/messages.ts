import { endpoints } from "@parley/protocol";
import type { ConversationId, MessageId } from "../../domain/ids.ts";
import type { ChangeMessages } from "../../services/messages/change-messages.ts";
import type { ReadMessages } from "../../services/messages/read-messages.ts";
import type { SendTo } from "../../services/messages/send-to.ts";
import { route, type Route } from "./pipeline.ts";
import { answerSent, namedByKey } from "./sends.ts";

export interface MessageRouteDeps {
  readonly sending: SendTo;
  readonly reading: ReadMessages;
  readonly changing: ChangeMessages;
}

export function messageRoutes({ sending, reading, changing }: MessageRouteDeps): Route[] {
  return [
    route(endpoints.sendMessage, async ({ caller, params, body, header }) => {
      const message = namedByKey(body, header("idempotency-key"));
      return answerSent(await sending.sendInto(caller, params.conversation_id as ConversationId, message));
    }),
    route(endpoints.sendMessageTo, async ({ caller, body, header }) =>
      answerSent(await sending.sendTo(caller, namedByKey(body, header("idempotency-key")))),
    ),
    route(endpoints.listMessages, ({ caller, params, query }) =>
      reading.list(caller, params.conversation_id as ConversationId, query),
    ),
    route(endpoints.getMessage, ({ caller, params }) => reading.get(caller, ...placeOf(params))),
    route(endpoints.editMessage, ({ caller, params, body }) => changing.edit(caller, ...placeOf(params), body)),
    route(endpoints.deleteMessage, ({ caller, params }) => changing.remove(caller, ...placeOf(params))),
    route(endpoints.restoreMessage, ({ caller, params }) => changing.restore(caller, ...placeOf(params))),
    route(endpoints.listMessageEdits, ({ caller, params, query }) =>
      reading.listEdits(caller, ...placeOf(params), query),
    ),
  ];
}

function placeOf(params: { conversation_id: string; message_id: string }): [ConversationId, MessageId] {
  return [params.conversation_id as ConversationId, params.message_id as MessageId];
}
