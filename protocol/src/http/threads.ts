import { COMMON_ERRORS, endpoint } from "../endpoint.ts";
import { threadPage, threadQuery } from "../message-list.ts";
import { sendMessage } from "../message.ts";
import * as examples from "./examples.ts";
import { SEND_ERRORS, SEND_RESPONSES } from "./messages.ts";
import { messageParams } from "./params.ts";

const tag = "Threads";

export const threadEndpoints = {
  listThread: endpoint({
    id: "listThread",
    method: "GET",
    path: "/v1/messages/:message_id/thread",
    summary: "List the replies of a thread, newest first",
    description: "Of the root or of any reply: the whole thread is listed, with its root.",
    tag,
    access: "user",
    params: messageParams,
    query: threadQuery,
    responses: { 200: threadPage },
    errors: [...COMMON_ERRORS, "not_found"],
    example: {
      params: { message_id: examples.IDS.message },
      response: {
        root: { ...examples.message, reply_count: 1 },
        ...examples.onePage(examples.reply),
        prev_cursor: null,
      },
    },
  }),
  replyInThread: endpoint({
    id: "replyInThread",
    method: "POST",
    path: "/v1/messages/:message_id/thread",
    summary: "Reply to a message",
    description:
      "The same as sending with that message as `parent_id`; a different `parent_id` in the body is refused.",
    tag,
    access: "user",
    params: messageParams,
    body: sendMessage,
    responses: SEND_RESPONSES,
    errors: SEND_ERRORS,
    example: {
      params: { message_id: examples.IDS.message },
      body: { id: examples.IDS.reply, content: "Ready when you are" },
      response: examples.reply,
    },
  }),
} as const;
