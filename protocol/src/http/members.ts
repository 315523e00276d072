import * as z from "zod";
import { BODY_ERRORS, COMMON_ERRORS, endpoint } from "../endpoint.ts";
import { decideJoinRequest, joinRequest, joinRequestStatus } from "../join-request.ts";
import { addMembers, member, setPermissions, setRole, transferOwnership, updateOwnMembership } from "../member.ts";
import { page, pageFields, pageQuery } from "../primitives.ts";
import * as examples from "./examples.ts";
import { conversationParams, conversationUserParams } from "./params.ts";

const tag = "Members";

const waiting = {
  conversation_id: examples.IDS.conversation,
  user_id: examples.IDS.grace,
  user: examples.grace,
  status: "pending",
  created_at: examples.AT,
  decided_by: null,
  decided_at: null,
} as const;

export const joinRequestListQuery = z.object({
  status: joinRequestStatus.default("pending"),
  ...pageFields,
});
export type JoinRequestListQuery = z.infer<typeof joinRequestListQuery>;

/** Joining is done at once, or asks first. */
export const joinPending = z.object({ join_request: joinRequest });

export const memberEndpoints = {
  listMembers: endpoint({
    id: "listMembers",
    method: "GET",
    path: "/v1/conversations/:conversation_id/members",
    summary: "List the members",
    description: "Guests cannot.",
    tag,
    access: "user",
    params: conversationParams,
    query: pageQuery,
    responses: { 200: page(member) },
    errors: [...COMMON_ERRORS, "permission_denied", "not_found"],
    example: { params: examples.inConversation, response: examples.onePage(examples.member) },
  }),
  addMembers: endpoint({
    id: "addMembers",
    method: "POST",
    path: "/v1/conversations/:conversation_id/members",
    summary: "Add members",
    description:
      "Takes `manage_members`. Answers 201 with those added, or 200 where all were members already. Nobody is added to a direct conversation (409).",
    tag,
    access: "user",
    params: conversationParams,
    body: addMembers,
    responses: { 201: page(member), 200: page(member) },
    errors: [...BODY_ERRORS, "permission_denied", "not_a_member", "contact_refused", "not_found", "conflict"],
    example: {
      params: examples.inConversation,
      body: { user_id: examples.IDS.grace, role: "member" },
      response: examples.onePage(examples.member),
    },
  }),
  updateOwnMembership: endpoint({
    id: "updateOwnMembership",
    method: "PATCH",
    path: "/v1/conversations/:conversation_id/members/me",
    summary: "Mute, or choose what notifies",
    tag,
    access: "user",
    params: conversationParams,
    body: updateOwnMembership,
    responses: { 200: member },
    errors: [...BODY_ERRORS, "not_a_member", "not_found"],
    example: {
      params: examples.inConversation,
      body: { muted_until: examples.TOMORROW, notification_level: "mentions" },
      response: { ...examples.member, muted_until: examples.TOMORROW, notification_level: "mentions" },
    },
  }),
  removeMember: endpoint({
    id: "removeMember",
    method: "DELETE",
    path: "/v1/conversations/:conversation_id/members/:user_id",
    summary: "Remove a member",
    description:
      "Takes `manage_members` and at least the member's role; oneself always. Takes effect at once on reads, writes and sockets.",
    tag,
    access: "user",
    params: conversationUserParams,
    responses: { 204: null },
    errors: [...COMMON_ERRORS, "permission_denied", "not_a_member", "not_found", "conflict", "transfer_required"],
    example: { params: examples.ofMember },
  }),
  setMemberRole: endpoint({
    id: "setMemberRole",
    method: "PUT",
    path: "/v1/conversations/:conversation_id/members/:user_id/role",
    summary: "Give a member a role",
    description: "Nobody changes someone of a higher role, or gives a role above their own.",
    tag,
    access: "user",
    params: conversationUserParams,
    body: setRole,
    responses: { 200: member },
    errors: [...BODY_ERRORS, "permission_denied", "not_a_member", "not_found", "conflict", "transfer_required"],
    example: {
      params: examples.ofMember,
      body: { role: "guest" },
      response: { ...examples.member, role: "guest" },
    },
  }),
  setMemberPermissions: endpoint({
    id: "setMemberPermissions",
    method: "PUT",
    path: "/v1/conversations/:conversation_id/members/:user_id/permissions",
    summary: "Grant or deny a member permissions",
    description: "Replaces the member's overrides: what is not named follows the role.",
    tag,
    access: "user",
    params: conversationUserParams,
    body: setPermissions,
    responses: { 200: member },
    errors: [...BODY_ERRORS, "permission_denied", "not_a_member", "not_found", "conflict"],
    example: {
      params: examples.ofMember,
      body: { permissions: { send_messages: false } },
      response: { ...examples.member, permissions: [] },
    },
  }),
  joinConversation: endpoint({
    id: "joinConversation",
    method: "POST",
    path: "/v1/conversations/:conversation_id/join",
    summary: "Join a public channel",
    description: "Where joining asks first, answers 202 with the request. Joining again is 200.",
    tag,
    access: "user",
    params: conversationParams,
    responses: { 200: member, 202: joinPending },
    errors: [...COMMON_ERRORS, "permission_denied", "not_found", "conflict"],
    example: { params: examples.inConversation, response: examples.member },
  }),
  leaveConversation: endpoint({
    id: "leaveConversation",
    method: "POST",
    path: "/v1/conversations/:conversation_id/leave",
    summary: "Leave",
    description: "The last owner transfers the ownership first (409 `transfer_required`).",
    tag,
    access: "user",
    params: conversationParams,
    responses: { 204: null },
    errors: [...COMMON_ERRORS, "not_a_member", "not_found", "conflict", "transfer_required"],
    example: { params: examples.inConversation },
  }),
  transferOwnership: endpoint({
    id: "transferOwnership",
    method: "POST",
    path: "/v1/conversations/:conversation_id/transfer",
    summary: "Make another member the owner",
    description: "By an owner, who becomes an admin. Answers with the new owner.",
    tag,
    access: "user",
    params: conversationParams,
    body: transferOwnership,
    responses: { 200: member },
    errors: [...BODY_ERRORS, "permission_denied", "not_a_member", "not_found", "conflict"],
    example: {
      params: examples.inConversation,
      body: { user_id: examples.IDS.grace },
      response: { ...examples.member, role: "owner" },
    },
  }),
  listJoinRequests: endpoint({
    id: "listJoinRequests",
    method: "GET",
    path: "/v1/conversations/:conversation_id/join-requests",
    summary: "List who wants to join",
    description: "Takes `manage_members`.",
    tag,
    access: "user",
    params: conversationParams,
    query: joinRequestListQuery,
    responses: { 200: page(joinRequest) },
    errors: [...COMMON_ERRORS, "permission_denied", "not_a_member", "not_found"],
    example: { params: examples.inConversation, response: examples.onePage(waiting) },
  }),
  decideJoinRequest: endpoint({
    id: "decideJoinRequest",
    method: "PUT",
    path: "/v1/conversations/:conversation_id/join-requests/:user_id",
    summary: "Let someone in, or refuse",
    description: "Takes `manage_members`.",
    tag,
    access: "user",
    params: conversationUserParams,
    body: decideJoinRequest,
    responses: { 200: joinRequest },
    errors: [...BODY_ERRORS, "permission_denied", "not_a_member", "not_found", "conflict"],
    example: {
      params: examples.ofMember,
      body: { approved: true },
      response: { ...waiting, status: "approved", decided_by: examples.IDS.ada, decided_at: examples.LATER },
    },
  }),
} as const;
