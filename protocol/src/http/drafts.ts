import { draft, putDraft } from "../draft.ts";
import { BODY_ERRORS, COMMON_ERRORS, endpoint } from "../endpoint.ts";
import * as examples from "./examples.ts";
import { conversationParams } from "./params.ts";

const tag = "Drafts";
const path = "/v1/conversations/:conversation_id/draft";

const launchDraft = {
  conversation_id: examples.IDS.conversation,
  content: "We launch on",
  parent_id: null,
  updated_at: examples.AT,
} as const;

export const draftEndpoints = {
  putDraft: endpoint({
    id: "putDraft",
    method: "PUT",
    path,
    summary: "Keep a draft",
    description: "One per user and conversation: the last one stays.",
    tag,
    access: "user",
    params: conversationParams,
    body: putDraft,
    responses: { 200: draft },
    errors: [...BODY_ERRORS, "permission_denied", "not_a_member", "not_found"],
    example: { params: examples.inConversation, body: { content: "We launch on" }, response: launchDraft },
  }),
  getDraft: endpoint({
    id: "getDraft",
    method: "GET",
    path,
    summary: "Get one's draft",
    description: "404 where there is none.",
    tag,
    access: "user",
    params: conversationParams,
    responses: { 200: draft },
    errors: [...COMMON_ERRORS, "not_found"],
    example: { params: examples.inConversation, response: launchDraft },
  }),
  deleteDraft: endpoint({
    id: "deleteDraft",
    method: "DELETE",
    path,
    summary: "Discard one's draft",
    tag,
    access: "user",
    params: conversationParams,
    responses: { 204: null },
    errors: [...COMMON_ERRORS, "not_found"],
    example: { params: examples.inConversation },
  }),
} as const;
