import * as z from "zod";
import {
  archiveConversation,
  conversation,
  conversationKind,
  createConversation,
  updateConversation,
} from "../conversation.ts";
import { BODY_ERRORS, COMMON_ERRORS, endpoint } from "../endpoint.ts";
import { flag, page, pageFields, searchText, uuid } from "../primitives.ts";
import * as examples from "./examples.ts";
import { conversationParams } from "./params.ts";

const tag = "Conversations";

export const conversationListQuery = z.object({
  kind: z.exactOptional(conversationKind),
  space_id: z.exactOptional(uuid),
  archived: z.exactOptional(flag).meta({ description: "Default: those not archived" }),
  unread: z.exactOptional(flag).meta({ description: "`true`: only those with something unread" }),
  q: z.exactOptional(searchText).meta({ description: "Part of the title or of the name of a member" }),
  ...pageFields,
});
export type ConversationListQuery = z.infer<typeof conversationListQuery>;

const updating = {
  path: "/v1/conversations/:conversation_id",
  description: "Takes `change_settings`. Only what is named changes; of the settings, too.",
  tag,
  access: "user",
  params: conversationParams,
  body: updateConversation,
  responses: { 200: conversation },
  errors: [...BODY_ERRORS, "permission_denied", "not_a_member", "not_found", "conflict"],
  example: {
    params: examples.inConversation,
    body: { title: "Launch", settings: { slow_mode_seconds: 30 } },
    response: { ...examples.conversation, settings: { ...examples.conversation.settings, slow_mode_seconds: 30 } },
  },
} as const;

export const conversationEndpoints = {
  createConversation: endpoint({
    id: "createConversation",
    method: "POST",
    path: "/v1/conversations",
    summary: "Create a conversation",
    description:
      "A direct conversation with the same person, and the caller's support conversation, exist once: asking again answers 200 with it. A group needs a title and one other member.",
    tag,
    access: "user",
    body: createConversation,
    responses: { 201: conversation, 200: conversation },
    errors: [...BODY_ERRORS, "permission_denied", "contact_refused", "not_found", "conflict"],
    example: {
      body: {
        kind: "group",
        title: "Launch",
        member_ids: [examples.IDS.grace],
        initial_message: { content: "We launch on Friday, @grace" },
      },
      response: examples.conversation,
    },
  }),
  listConversations: endpoint({
    id: "listConversations",
    method: "GET",
    path: "/v1/conversations",
    summary: "List one's conversations, newest activity first",
    description: "For staff the support conversations are among them.",
    tag,
    access: "user",
    query: conversationListQuery,
    responses: { 200: page(conversation) },
    errors: COMMON_ERRORS,
    example: { query: { unread: "true", limit: "20" }, response: examples.onePage(examples.conversation) },
  }),
  getConversation: endpoint({
    id: "getConversation",
    method: "GET",
    path: "/v1/conversations/:conversation_id",
    summary: "Get a conversation",
    tag,
    access: "user",
    params: conversationParams,
    responses: { 200: conversation },
    errors: [...COMMON_ERRORS, "not_found"],
    example: { params: examples.inConversation, response: examples.conversation },
  }),
  updateConversation: endpoint({
    ...updating,
    id: "updateConversation",
    method: "PATCH",
    summary: "Change a conversation",
  }),
  putConversation: endpoint({
    ...updating,
    id: "putConversation",
    method: "PUT",
    summary: "Change a conversation (the same as PATCH)",
  }),
  deleteConversation: endpoint({
    id: "deleteConversation",
    method: "DELETE",
    path: "/v1/conversations/:conversation_id",
    summary: "Delete a conversation",
    description:
      "By an owner or staff, and restorable by staff. A direct conversation is only hidden for the caller, until its next message.",
    tag,
    access: "user",
    params: conversationParams,
    responses: { 204: null },
    errors: [...COMMON_ERRORS, "permission_denied", "not_a_member", "not_found"],
    example: { params: examples.inConversation },
  }),
  restoreConversation: endpoint({
    id: "restoreConversation",
    method: "POST",
    path: "/v1/conversations/:conversation_id/restore",
    summary: "Restore a deleted conversation",
    tag,
    access: "staff",
    params: conversationParams,
    responses: { 200: conversation },
    errors: [...COMMON_ERRORS, "permission_denied", "not_found", "conflict"],
    example: { params: examples.inConversation, response: examples.conversation },
  }),
  archiveConversation: endpoint({
    id: "archiveConversation",
    method: "PATCH",
    path: "/v1/conversations/:conversation_id/archive",
    summary: "Archive a conversation, or bring it back",
    description:
      "For all in support conversations and channels (takes `change_settings`), else for oneself. A new message brings it back.",
    tag,
    access: "user",
    params: conversationParams,
    body: archiveConversation,
    responses: { 200: conversation },
    errors: [...BODY_ERRORS, "permission_denied", "not_a_member", "not_found"],
    example: {
      params: examples.inConversation,
      body: { archived: true },
      response: { ...examples.conversation, archived_at: examples.LATER },
    },
  }),
} as const;
