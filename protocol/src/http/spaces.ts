import * as z from "zod";
import { conversation } from "../conversation.ts";
import { BODY_ERRORS, COMMON_ERRORS, endpoint } from "../endpoint.ts";
import { addMembers } from "../member.ts";
import { page, pageFields, pageQuery, searchText } from "../primitives.ts";
import { createSpace, space, spaceMember, updateSpace } from "../space.ts";
import * as examples from "./examples.ts";
import { spaceParams, spaceUserParams } from "./params.ts";

const tag = "Spaces";
const inSpace = { space_id: examples.IDS.space } as const;

const engines = {
  id: examples.IDS.space,
  slug: "engines",
  name: "Engines",
  description: null,
  member_count: 2,
  role: "owner",
  created_by: examples.IDS.ada,
  created_at: examples.AT,
} as const;

const graceInSpace = {
  space_id: examples.IDS.space,
  user_id: examples.IDS.grace,
  role: "member",
  joined_at: examples.AT,
  user: examples.grace,
} as const;

export const spaceListQuery = z.object({ q: z.exactOptional(searchText), ...pageFields });
export type SpaceListQuery = z.infer<typeof spaceListQuery>;

export const spaceEndpoints = {
  createSpace: endpoint({
    id: "createSpace",
    method: "POST",
    path: "/v1/spaces",
    summary: "Create a space",
    description: "The caller becomes its owner.",
    tag,
    access: "user",
    body: createSpace,
    responses: { 201: space },
    errors: [...BODY_ERRORS, "permission_denied", "conflict"],
    example: { body: { name: "Engines", slug: "engines" }, response: engines },
  }),
  listSpaces: endpoint({
    id: "listSpaces",
    method: "GET",
    path: "/v1/spaces",
    summary: "List one's spaces",
    tag,
    access: "user",
    query: spaceListQuery,
    responses: { 200: page(space) },
    errors: COMMON_ERRORS,
    example: { response: examples.onePage(engines) },
  }),
  getSpace: endpoint({
    id: "getSpace",
    method: "GET",
    path: "/v1/spaces/:space_id",
    summary: "Get a space",
    tag,
    access: "user",
    params: spaceParams,
    responses: { 200: space },
    errors: [...COMMON_ERRORS, "not_found"],
    example: { params: inSpace, response: engines },
  }),
  updateSpace: endpoint({
    id: "updateSpace",
    method: "PATCH",
    path: "/v1/spaces/:space_id",
    summary: "Change a space",
    description: "By its owners and admins.",
    tag,
    access: "user",
    params: spaceParams,
    body: updateSpace,
    responses: { 200: space },
    errors: [...BODY_ERRORS, "permission_denied", "not_found", "conflict"],
    example: { params: inSpace, body: { name: "Engines" }, response: engines },
  }),
  deleteSpace: endpoint({
    id: "deleteSpace",
    method: "DELETE",
    path: "/v1/spaces/:space_id",
    summary: "Delete a space",
    description: "By an owner or staff. Its channels are deleted with it.",
    tag,
    access: "user",
    params: spaceParams,
    responses: { 204: null },
    errors: [...COMMON_ERRORS, "permission_denied", "not_found", "conflict"],
    example: { params: inSpace },
  }),
  listSpaceMembers: endpoint({
    id: "listSpaceMembers",
    method: "GET",
    path: "/v1/spaces/:space_id/members",
    summary: "List the members of a space",
    tag,
    access: "user",
    params: spaceParams,
    query: pageQuery,
    responses: { 200: page(spaceMember) },
    errors: [...COMMON_ERRORS, "permission_denied", "not_found"],
    example: { params: inSpace, response: examples.onePage(graceInSpace) },
  }),
  addSpaceMembers: endpoint({
    id: "addSpaceMembers",
    method: "POST",
    path: "/v1/spaces/:space_id/members",
    summary: "Add members to a space",
    description:
      "By its owners and admins. Answers 201 with those added, or 200 where all were members already. A role that is named becomes that of members, too.",
    tag,
    access: "user",
    params: spaceParams,
    body: addMembers,
    responses: { 201: page(spaceMember), 200: page(spaceMember) },
    errors: [...BODY_ERRORS, "permission_denied", "contact_refused", "not_found", "transfer_required"],
    example: { params: inSpace, body: { user_id: examples.IDS.grace }, response: examples.onePage(graceInSpace) },
  }),
  removeSpaceMember: endpoint({
    id: "removeSpaceMember",
    method: "DELETE",
    path: "/v1/spaces/:space_id/members/:user_id",
    summary: "Remove a member from a space, or leave it",
    description: "Removes them from its channels too. The last owner stays (409 `transfer_required`).",
    tag,
    access: "user",
    params: spaceUserParams,
    responses: { 204: null },
    errors: [...COMMON_ERRORS, "permission_denied", "not_found", "transfer_required"],
    example: { params: { ...inSpace, user_id: examples.IDS.grace } },
  }),
  listSpaceConversations: endpoint({
    id: "listSpaceConversations",
    method: "GET",
    path: "/v1/spaces/:space_id/conversations",
    summary: "List the channels of a space",
    description: "The public ones, and the private ones that the caller is in.",
    tag,
    access: "user",
    params: spaceParams,
    query: pageQuery,
    responses: { 200: page(conversation) },
    errors: [...COMMON_ERRORS, "not_found"],
    example: {
      params: inSpace,
      response: examples.onePage({
        ...examples.conversation,
        kind: "channel",
        space_id: examples.IDS.space,
        slug: "launch",
        visibility: "public",
      }),
    },
  }),
} as const;
