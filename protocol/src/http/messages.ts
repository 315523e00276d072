import { BODY_ERRORS, COMMON_ERRORS, endpoint } from "../endpoint.ts";
import { messageListQuery, messagePage } from "../message-list.ts";
import { duplicateMessage, editMessage, message, messageEdit, sendMessage, sendMessageTo } from "../message.ts";
import { page, pageQuery } from "../primitives.ts";
import { scheduledReceipt } from "../scheduled-message.ts";
import * as examples from "./examples.ts";
import { conversationMessageParams, conversationParams } from "./params.ts";

const tag = "Messages";

/** Why a send may be refused. */
export const SEND_ERRORS = [
  ...BODY_ERRORS,
  "permission_denied",
  "not_a_member",
  "contact_refused",
  "not_found",
  "conflict",
  "message_deleted",
] as const;

/** 201 the message, 200 the one stored before under the same id, 202 the receipt of a scheduled one. */
export const SEND_RESPONSES = { 201: message, 200: duplicateMessage, 202: scheduledReceipt } as const;

const RETRY =
  "With an `id` (or the same as header `Idempotency-Key`) sending again is safe: it answers 200 with the stored message and `duplicate: true`. With `send_at` it is sent then, and this answers 202.";

export const messageEndpoints = {
  sendMessage: endpoint({
    id: "sendMessage",
    method: "POST",
    path: "/v1/conversations/:conversation_id/messages",
    summary: "Send a message",
    description: RETRY,
    tag,
    access: "user",
    params: conversationParams,
    body: sendMessage,
    responses: SEND_RESPONSES,
    errors: SEND_ERRORS,
    example: {
      params: examples.inConversation,
      body: { id: examples.IDS.message, content: "We launch on Friday, @grace" },
      response: examples.message,
    },
  }),
  sendMessageTo: endpoint({
    id: "sendMessageTo",
    method: "POST",
    path: "/v1/messages",
    summary: "Send a message to a person, a conversation or the support",
    description: `Names \`conversation_id\`, or \`recipient_id\` (makes the direct conversation), or neither (makes the caller's support conversation). A service token with \`recipient_id\` and \`content_type: system_notification\` posts to that user's system conversation. ${RETRY}`,
    tag,
    access: "user",
    body: sendMessageTo,
    responses: SEND_RESPONSES,
    errors: SEND_ERRORS,
    example: {
      body: { id: examples.IDS.message, recipient_id: examples.IDS.grace, content: "We launch on Friday, @grace" },
      response: examples.message,
    },
  }),
  listMessages: endpoint({
    id: "listMessages",
    method: "GET",
    path: "/v1/conversations/:conversation_id/messages",
    summary: "List messages, newest first",
    description:
      "The page nearest to the anchor: `before`, `after` or `around` a seq, a message or a time. `next_cursor` leads to older messages, `prev_cursor` to newer ones.",
    tag,
    access: "user",
    params: conversationParams,
    query: messageListQuery,
    responses: { 200: messagePage },
    errors: [...COMMON_ERRORS, "not_found"],
    example: {
      params: examples.inConversation,
      query: { before: "118", limit: "20" },
      response: { ...examples.onePage(examples.reply, examples.message), prev_cursor: null },
    },
  }),
  getMessage: endpoint({
    id: "getMessage",
    method: "GET",
    path: "/v1/conversations/:conversation_id/messages/:message_id",
    summary: "Get a message",
    tag,
    access: "user",
    params: conversationMessageParams,
    responses: { 200: message },
    errors: [...COMMON_ERRORS, "not_found"],
    example: { params: examples.ofMessage, response: examples.message },
  }),
  editMessage: endpoint({
    id: "editMessage",
    method: "PUT",
    path: "/v1/conversations/:conversation_id/messages/:message_id",
    summary: "Edit a message",
    description:
      "By its author, within the edit window (15 minutes unless configured). What it was before stays in its history.",
    tag,
    access: "user",
    params: conversationMessageParams,
    body: editMessage,
    responses: { 200: message },
    errors: [
      ...BODY_ERRORS,
      "permission_denied",
      "not_a_member",
      "contact_refused",
      "edit_window_over",
      "not_found",
      "message_deleted",
    ],
    example: {
      params: examples.ofMessage,
      body: { content: "We launch on Monday" },
      response: {
        ...examples.message,
        version: 4,
        content: "We launch on Monday",
        mentions: [],
        edited_at: examples.LATER,
      },
    },
  }),
  deleteMessage: endpoint({
    id: "deleteMessage",
    method: "DELETE",
    path: "/v1/conversations/:conversation_id/messages/:message_id",
    summary: "Delete a message",
    description: "By its author, or with `delete_messages`. Its place and its replies stay. Deleting again is 204.",
    tag,
    access: "user",
    params: conversationMessageParams,
    responses: { 204: null },
    errors: [...COMMON_ERRORS, "permission_denied", "not_a_member", "not_found"],
    example: { params: examples.ofMessage },
  }),
  restoreMessage: endpoint({
    id: "restoreMessage",
    method: "POST",
    path: "/v1/conversations/:conversation_id/messages/:message_id/restore",
    summary: "Restore a deleted message",
    description: "By its author or a moderator, while the retention time lasts.",
    tag,
    access: "user",
    params: conversationMessageParams,
    responses: { 200: message },
    errors: [...COMMON_ERRORS, "permission_denied", "not_a_member", "not_found", "conflict"],
    example: { params: examples.ofMessage, response: examples.message },
  }),
  listMessageEdits: endpoint({
    id: "listMessageEdits",
    method: "GET",
    path: "/v1/conversations/:conversation_id/messages/:message_id/history",
    summary: "List what a message was before its edits",
    description: "Newest first. Of a deleted message, for moderators only.",
    tag,
    access: "user",
    params: conversationMessageParams,
    query: pageQuery,
    responses: { 200: page(messageEdit) },
    errors: [...COMMON_ERRORS, "permission_denied", "not_found"],
    example: {
      params: examples.ofMessage,
      response: examples.onePage({
        message_id: examples.IDS.message,
        content: "We launch on Thursday",
        metadata: null,
        edited_by: examples.IDS.ada,
        edited_at: examples.LATER,
      }),
    },
  }),
} as const;
