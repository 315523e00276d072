import { COMMON_ERRORS, endpoint } from "../endpoint.ts";
import { message } from "../message.ts";
import { page, pageQuery } from "../primitives.ts";
import * as examples from "./examples.ts";
import { conversationMessageParams, conversationParams } from "./params.ts";

const tag = "Pins";
const path = "/v1/conversations/:conversation_id/pins/:message_id";
const pinned = { ...examples.message, pinned_at: examples.LATER, pinned_by: examples.IDS.ada, version: 4 };

export const pinEndpoints = {
  pinMessage: endpoint({
    id: "pinMessage",
    method: "PUT",
    path,
    summary: "Pin a message",
    description:
      "Takes `moderate_content`, except in direct and group conversations. Pinning again is 200 without a change.",
    tag,
    access: "user",
    params: conversationMessageParams,
    responses: { 200: message },
    errors: [...COMMON_ERRORS, "permission_denied", "not_a_member", "not_found", "message_deleted"],
    example: { params: examples.ofMessage, response: pinned },
  }),
  unpinMessage: endpoint({
    id: "unpinMessage",
    method: "DELETE",
    path,
    summary: "Unpin a message",
    tag,
    access: "user",
    params: conversationMessageParams,
    responses: { 204: null },
    errors: [...COMMON_ERRORS, "permission_denied", "not_a_member", "not_found"],
    example: { params: examples.ofMessage },
  }),
  listPins: endpoint({
    id: "listPins",
    method: "GET",
    path: "/v1/conversations/:conversation_id/pins",
    summary: "List the pinned messages, last pinned first",
    tag,
    access: "user",
    params: conversationParams,
    query: pageQuery,
    responses: { 200: page(message) },
    errors: [...COMMON_ERRORS, "not_found"],
    example: { params: examples.inConversation, response: examples.onePage(pinned) },
  }),
} as const;
