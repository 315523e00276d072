import * as z from "zod";
import { block } from "../block.ts";
import { consents, setConsents } from "../consent.ts";
import { BODY_ERRORS, COMMON_ERRORS, endpoint } from "../endpoint.ts";
import { friendship, friendshipStatus } from "../friend.ts";
import { page, pageFields, pageQuery } from "../primitives.ts";
import * as examples from "./examples.ts";
import { userParams } from "./params.ts";

const tag = "Contact";
const ofGrace = { user_id: examples.IDS.grace } as const;

const requested = {
  user: examples.grace,
  status: "requested",
  requested_by: examples.IDS.ada,
  requested_at: examples.AT,
  accepted_at: null,
} as const;

const allConsents = {
  consents: [
    { type: "messaging", granted: true, updated_at: null },
    { type: "media_sharing", granted: false, updated_at: examples.AT },
    { type: "cross_instance", granted: true, updated_at: null },
  ],
} as const;

export const friendListQuery = z.object({ status: z.exactOptional(friendshipStatus), ...pageFields });
export type FriendListQuery = z.infer<typeof friendListQuery>;

export const contactEndpoints = {
  blockUser: endpoint({
    id: "blockUser",
    method: "PUT",
    path: "/v1/users/:user_id/block",
    summary: "Block a user",
    description:
      "Neither can write to the other directly, or add the other anywhere, any more. Ends a friendship or a request between them. They are not told.",
    tag,
    access: "user",
    params: userParams,
    responses: { 204: null },
    errors: [...COMMON_ERRORS, "permission_denied", "not_found", "conflict"],
    example: { params: ofGrace },
  }),
  unblockUser: endpoint({
    id: "unblockUser",
    method: "DELETE",
    path: "/v1/users/:user_id/block",
    summary: "Unblock a user",
    tag,
    access: "user",
    params: userParams,
    responses: { 204: null },
    errors: [...COMMON_ERRORS, "permission_denied", "not_found"],
    example: { params: ofGrace },
  }),
  listBlocks: endpoint({
    id: "listBlocks",
    method: "GET",
    path: "/v1/blocks",
    summary: "List whom one has blocked, last blocked first",
    description: "One's own blocks alone: who has blocked the caller is told to nobody.",
    tag,
    access: "user",
    query: pageQuery,
    responses: { 200: page(block) },
    errors: COMMON_ERRORS,
    example: { response: examples.onePage({ user: examples.grace, blocked_at: examples.AT }) },
  }),
  befriendUser: endpoint({
    id: "befriendUser",
    method: "PUT",
    path: "/v1/users/:user_id/friend",
    summary: "Ask for friendship, or accept it",
    description: "The first PUT asks; the other's PUT accepts.",
    tag,
    access: "user",
    params: userParams,
    responses: { 200: friendship },
    errors: [...COMMON_ERRORS, "permission_denied", "contact_refused", "not_found", "conflict"],
    example: { params: ofGrace, response: requested },
  }),
  unfriendUser: endpoint({
    id: "unfriendUser",
    method: "DELETE",
    path: "/v1/users/:user_id/friend",
    summary: "End a friendship, or refuse or withdraw a request",
    tag,
    access: "user",
    params: userParams,
    responses: { 204: null },
    errors: [...COMMON_ERRORS, "permission_denied", "not_found"],
    example: { params: ofGrace },
  }),
  listFriends: endpoint({
    id: "listFriends",
    method: "GET",
    path: "/v1/friends",
    summary: "List friends and requests",
    tag,
    access: "user",
    query: friendListQuery,
    responses: { 200: page(friendship) },
    errors: COMMON_ERRORS,
    example: { query: { status: "requested" }, response: examples.onePage(requested) },
  }),
  getConsents: endpoint({
    id: "getConsents",
    method: "GET",
    path: "/v1/consents",
    summary: "Get one's consents",
    description: "Granted by default.",
    tag,
    access: "user",
    responses: { 200: consents },
    errors: [...COMMON_ERRORS, "permission_denied"],
    example: { response: allConsents },
  }),
  setConsents: endpoint({
    id: "setConsents",
    method: "PUT",
    path: "/v1/consents",
    summary: "Grant or revoke consents",
    description: "Sets those named and answers with all. Each change is kept.",
    tag,
    access: "user",
    body: setConsents,
    responses: { 200: consents },
    errors: [...BODY_ERRORS, "permission_denied"],
    example: { body: { consents: [{ type: "media_sharing", granted: false }] }, response: allConsents },
  }),
} as const;
