import * as z from "zod";
import { BODY_ERRORS, COMMON_ERRORS, endpoint } from "../endpoint.ts";
import { reaction, uuid } from "../primitives.ts";
import { addReaction, reactionChange, reactionDetail } from "../reaction.ts";
import * as examples from "./examples.ts";
import { messageParams } from "./params.ts";

const tag = "Reactions";

const thumbsUp = { message_id: examples.IDS.message, reaction: "👍", user_id: examples.IDS.grace, count: 1 } as const;

export const reactionEndpoints = {
  listReactions: endpoint({
    id: "listReactions",
    method: "GET",
    path: "/v1/messages/:message_id/reactions",
    summary: "List who reacted how",
    tag,
    access: "user",
    params: messageParams,
    responses: { 200: z.object({ items: z.array(reactionDetail) }) },
    errors: [...COMMON_ERRORS, "not_found"],
    example: {
      params: { message_id: examples.IDS.message },
      response: {
        items: [{ reaction: "👍", count: 1, users: [{ user: examples.grace, created_at: examples.LATER }] }],
      },
    },
  }),
  addReaction: endpoint({
    id: "addReaction",
    method: "POST",
    path: "/v1/messages/:message_id/reactions",
    summary: "React to a message",
    description:
      "With one emoji or `:name:`. Reacting the same again is 200; a 51st different reaction to one message is 409.",
    tag,
    access: "user",
    params: messageParams,
    body: addReaction,
    responses: { 201: reactionChange, 200: reactionChange },
    errors: [
      ...BODY_ERRORS,
      "permission_denied",
      "not_a_member",
      "contact_refused",
      "not_found",
      "conflict",
      "message_deleted",
    ],
    example: { params: { message_id: examples.IDS.message }, body: { reaction: "👍" }, response: thumbsUp },
  }),
  removeReaction: endpoint({
    id: "removeReaction",
    method: "DELETE",
    path: "/v1/messages/:message_id/reactions/:reaction",
    summary: "Take a reaction back",
    description: "One's own; percent-encode the emoji. Taking back what is not there is 204.",
    tag,
    access: "user",
    params: z.object({ message_id: uuid, reaction }),
    responses: { 204: null },
    errors: [...COMMON_ERRORS, "permission_denied", "not_a_member", "not_found", "message_deleted"],
    example: { params: { message_id: examples.IDS.message, reaction: "👍" } },
  }),
} as const;
