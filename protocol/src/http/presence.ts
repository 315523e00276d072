import * as z from "zod";
import { BODY_ERRORS, COMMON_ERRORS, endpoint } from "../endpoint.ts";
import { LIMITS, uuid } from "../primitives.ts";
import { presence, typing } from "../presence.ts";
import * as examples from "./examples.ts";
import { conversationParams } from "./params.ts";

const tag = "Presence";

export const presenceQuery = z.object({
  user_ids: z
    .string()
    .transform((list) => list.split(","))
    .pipe(z.array(uuid).max(LIMITS.watchedUsers))
    .meta({ type: "string", description: `Up to ${LIMITS.watchedUsers} ids, separated by commas` }),
});
export type PresenceQuery = z.infer<typeof presenceQuery>;

export const presenceEndpoints = {
  getPresence: endpoint({
    id: "getPresence",
    method: "GET",
    path: "/v1/presence",
    summary: "Get who is there",
    description: "Who does not share presence, or is not there, is `offline`.",
    tag,
    access: "user",
    query: presenceQuery,
    responses: { 200: z.object({ items: z.array(presence) }) },
    errors: COMMON_ERRORS,
    example: {
      query: { user_ids: `${examples.IDS.ada},${examples.IDS.grace}` },
      response: {
        items: [
          { user_id: examples.IDS.ada, status: "online", last_seen_at: examples.LATER },
          { user_id: examples.IDS.grace, status: "offline", last_seen_at: null },
        ],
      },
    },
  }),
  setTyping: endpoint({
    id: "setTyping",
    method: "POST",
    path: "/v1/conversations/:conversation_id/typing",
    summary: "Say that one is typing, or no longer",
    tag,
    access: "user",
    params: conversationParams,
    body: typing,
    responses: { 204: null },
    errors: [...BODY_ERRORS, "permission_denied", "not_a_member", "contact_refused", "not_found"],
    example: { params: examples.inConversation, body: { is_typing: true } },
  }),
} as const;
