import * as z from "zod";
import { BODY_ERRORS, COMMON_ERRORS, endpoint } from "../endpoint.ts";
import { page, pageFields, uuid } from "../primitives.ts";
import { scheduledMessage, scheduledStatus, updateScheduledMessage } from "../scheduled-message.ts";
import * as examples from "./examples.ts";
import { scheduledMessageParams } from "./params.ts";

const tag = "Scheduled messages";
const path = "/v1/scheduled-messages/:scheduled_message_id";
const ofScheduled = { scheduled_message_id: examples.IDS.message } as const;

const goodMorning = {
  id: examples.IDS.message,
  conversation_id: examples.IDS.conversation,
  content_type: "text",
  content: "Good morning, today is the day",
  metadata: null,
  parent_id: null,
  attachments: [],
  send_at: examples.TOMORROW,
  status: "pending",
  error_code: null,
  created_at: examples.AT,
  updated_at: examples.AT,
} as const;

export const scheduledMessageListQuery = z.object({
  conversation_id: z.exactOptional(uuid),
  status: z.exactOptional(scheduledStatus),
  ...pageFields,
});
export type ScheduledMessageListQuery = z.infer<typeof scheduledMessageListQuery>;

export const scheduledMessageEndpoints = {
  listScheduledMessages: endpoint({
    id: "listScheduledMessages",
    method: "GET",
    path: "/v1/scheduled-messages",
    summary: "List one's scheduled messages, next first",
    tag,
    access: "user",
    query: scheduledMessageListQuery,
    responses: { 200: page(scheduledMessage) },
    errors: COMMON_ERRORS,
    example: { query: { status: "pending" }, response: examples.onePage(goodMorning) },
  }),
  getScheduledMessage: endpoint({
    id: "getScheduledMessage",
    method: "GET",
    path,
    summary: "Get a scheduled message",
    tag,
    access: "user",
    params: scheduledMessageParams,
    responses: { 200: scheduledMessage },
    errors: [...COMMON_ERRORS, "not_found"],
    example: { params: ofScheduled, response: goodMorning },
  }),
  updateScheduledMessage: endpoint({
    id: "updateScheduledMessage",
    method: "PATCH",
    path,
    summary: "Change a scheduled message",
    description: "While it is pending; a failed one with a new `send_at` is pending again. One that was sent: 409.",
    tag,
    access: "user",
    params: scheduledMessageParams,
    body: updateScheduledMessage,
    responses: { 200: scheduledMessage },
    errors: [
      ...BODY_ERRORS,
      "permission_denied",
      "not_a_member",
      "contact_refused",
      "not_found",
      "conflict",
      "message_deleted",
    ],
    example: { params: ofScheduled, body: { send_at: examples.TOMORROW }, response: goodMorning },
  }),
  deleteScheduledMessage: endpoint({
    id: "deleteScheduledMessage",
    method: "DELETE",
    path,
    summary: "Do not send a scheduled message",
    description: "One that was sent: 409.",
    tag,
    access: "user",
    params: scheduledMessageParams,
    responses: { 204: null },
    errors: [...COMMON_ERRORS, "not_found", "conflict"],
    example: { params: ofScheduled },
  }),
} as const;
