import * as z from "zod";
import { allChanges, changeSet } from "../change.ts";
import { COMMON_ERRORS, endpoint } from "../endpoint.ts";
import { cursor, digits, epoch, pageFields } from "../primitives.ts";
import { serverEvent } from "../socket/events.ts";
import * as examples from "./examples.ts";
import { conversationParams } from "./params.ts";

const tag = "Changes";
const { limit } = pageFields;

export const changesQuery = z.object({
  after: digits().default(0).meta({ description: "The last version held; default 0: everything" }),
  epoch: z.exactOptional(epoch).meta({ description: "The epoch that version is from" }),
  limit,
});
export type ChangesQuery = z.infer<typeof changesQuery>;

export const allChangesQuery = z.object({
  after: z
    .exactOptional(cursor)
    .meta({ description: "The `through` of the last answer; without it, from the beginning" }),
  epoch: z.exactOptional(epoch).meta({ description: "The epoch that cursor is from" }),
  limit,
});
export type AllChangesQuery = z.infer<typeof allChangesQuery>;

const created = { version: 2, type: "message", data: examples.message } as const;

export const changeEndpoints = {
  listChanges: endpoint({
    id: "listChanges",
    method: "GET",
    path: "/v1/conversations/:conversation_id/changes",
    summary: "List what changed after a version",
    description:
      "Everything that changed after it, each once, as it is now, ascending. Go on from `through` while `has_more`. With `reset`, forget what is cached of the conversation and load it anew.",
    tag,
    access: "user",
    params: conversationParams,
    query: changesQuery,
    responses: { 200: changeSet },
    errors: [...COMMON_ERRORS, "not_found"],
    example: {
      params: examples.inConversation,
      query: { after: "1", epoch: examples.EPOCH },
      response: {
        epoch: examples.EPOCH,
        after: 1,
        through: 2,
        head: 2,
        changes: [created],
        has_more: false,
        reset: false,
      },
    },
  }),
  listAllChanges: endpoint({
    id: "listAllChanges",
    method: "GET",
    path: "/v1/changes",
    summary: "List what changed in all one's conversations",
    description:
      "For clients without a socket: the same over all the caller's conversations, with an opaque cursor. A conversation that is no longer theirs ends with their own membership, which has `left_at`; a deleted one with the conversation, which has `deleted_at`. Something may be told twice, and is then the same.",
    tag,
    access: "user",
    query: allChangesQuery,
    responses: { 200: allChanges },
    errors: COMMON_ERRORS,
    example: {
      query: { after: "MTox" },
      response: {
        epoch: examples.EPOCH,
        after: "MTox",
        through: "MToy",
        changes: [{ conversation_id: examples.IDS.conversation, ...created }],
        reset_conversations: [],
        has_more: false,
        reset: false,
      },
    },
  }),
  streamEvents: endpoint({
    id: "streamEvents",
    method: "GET",
    path: "/v1/events",
    summary: "Stream events (server-sent events)",
    description:
      "The socket's events as they happen: `event` is the type, `data` the frame as JSON. Begins now; what came before is in `/v1/changes`.",
    tag,
    access: "user",
    responses: { 200: serverEvent },
    produces: "text/event-stream",
    errors: COMMON_ERRORS,
    example: {
      response: {
        type: "message.created",
        conversation_id: examples.IDS.conversation,
        version: 2,
        user_id: examples.IDS.ada,
        timestamp: examples.AT,
        data: examples.message,
      },
    },
  }),
} as const;
