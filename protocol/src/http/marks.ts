import { BODY_ERRORS, COMMON_ERRORS, endpoint } from "../endpoint.ts";
import { bulkRead, bulkReadResult, deliveredResult, mark, moveMark, readResult, recipientStatus } from "../marks.ts";
import { page, pageQuery } from "../primitives.ts";
import * as examples from "./examples.ts";
import { conversationMessageParams, conversationParams } from "./params.ts";

const tag = "Marks";

const CLAMPED =
  "Up to `seq` or `message_id`, or to the last message if neither is given; clamped to the last message at or before. Never backwards.";

export const markEndpoints = {
  markRead: endpoint({
    id: "markRead",
    method: "POST",
    path: "/v1/conversations/:conversation_id/read",
    summary: "Mark as read",
    description: CLAMPED,
    tag,
    access: "user",
    params: conversationParams,
    body: moveMark,
    responses: { 200: readResult },
    errors: [...BODY_ERRORS, "permission_denied", "not_a_member", "not_found"],
    example: {
      params: examples.inConversation,
      body: { seq: 2 },
      response: { last_read_seq: 2, unread_count: 0, updated_count: 1 },
    },
  }),
  markDelivered: endpoint({
    id: "markDelivered",
    method: "POST",
    path: "/v1/conversations/:conversation_id/delivered",
    summary: "Mark as delivered to one's device",
    description: CLAMPED,
    tag,
    access: "user",
    params: conversationParams,
    body: moveMark,
    responses: { 200: deliveredResult },
    errors: [...BODY_ERRORS, "permission_denied", "not_a_member", "not_found"],
    example: {
      params: examples.inConversation,
      body: { message_id: examples.IDS.message },
      response: { last_delivered_seq: 2, updated_count: 1 },
    },
  }),
  listMarks: endpoint({
    id: "listMarks",
    method: "GET",
    path: "/v1/conversations/:conversation_id/read-status",
    summary: "List how far everyone has read",
    description: "Of those who share receipts.",
    tag,
    access: "user",
    params: conversationParams,
    query: pageQuery,
    responses: { 200: page(mark) },
    errors: [...COMMON_ERRORS, "permission_denied", "not_a_member", "not_found"],
    example: {
      params: examples.inConversation,
      response: examples.onePage({
        user_id: examples.IDS.grace,
        last_read_seq: 2,
        last_delivered_seq: 2,
        last_read_at: examples.LATER,
      }),
    },
  }),
  markManyRead: endpoint({
    id: "markManyRead",
    method: "POST",
    path: "/v1/conversations/read",
    summary: "Mark many conversations as read (staff)",
    tag,
    access: "staff",
    body: bulkRead,
    responses: { 200: bulkReadResult },
    errors: [...BODY_ERRORS, "permission_denied", "not_a_member", "not_found"],
    example: {
      body: { conversation_ids: [examples.IDS.conversation] },
      response: {
        items: [{ conversation_id: examples.IDS.conversation, last_read_seq: 2, unread_count: 0, updated_count: 1 }],
        updated_count: 1,
      },
    },
  }),
  listMessageStatus: endpoint({
    id: "listMessageStatus",
    method: "GET",
    path: "/v1/conversations/:conversation_id/messages/:message_id/status",
    summary: "List who has received and read a message",
    description: "Of those who share receipts.",
    tag,
    access: "user",
    params: conversationMessageParams,
    query: pageQuery,
    responses: { 200: page(recipientStatus) },
    errors: [...COMMON_ERRORS, "permission_denied", "not_a_member", "not_found"],
    example: {
      params: examples.ofMessage,
      response: examples.onePage({
        user_id: examples.IDS.grace,
        status: "read",
        delivered_at: examples.AT,
        read_at: examples.LATER,
      }),
    },
  }),
} as const;
