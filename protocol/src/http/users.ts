import * as z from "zod";
import { BODY_ERRORS, COMMON_ERRORS, endpoint } from "../endpoint.ts";
import { externalId, flag, page, pageFields, searchText } from "../primitives.ts";
import { administerUser, ownUser, updateMe, upsertUser, user } from "../user.ts";
import * as examples from "./examples.ts";
import { userParams } from "./params.ts";

const tag = "Users";

export const userListQuery = z.object({
  q: z.exactOptional(searchText).meta({ description: "Part of the username or display name" }),
  ...pageFields,
});
export type UserListQuery = z.infer<typeof userListQuery>;

export const allUsersQuery = z.object({
  ...userListQuery.shape,
  deactivated: z
    .exactOptional(flag)
    .meta({ description: "`true`: only those who are locked out. Default: only the others" }),
});
export type AllUsersQuery = z.infer<typeof allUsersQuery>;

export const userEndpoints = {
  getMe: endpoint({
    id: "getMe",
    method: "GET",
    path: "/v1/users/me",
    summary: "Get oneself",
    tag,
    access: "user",
    responses: { 200: ownUser },
    errors: COMMON_ERRORS,
    example: { response: examples.ownAda },
  }),
  updateMe: endpoint({
    id: "updateMe",
    method: "PATCH",
    path: "/v1/users/me",
    summary: "Change one's profile and privacy",
    tag,
    access: "user",
    body: updateMe,
    responses: { 200: ownUser },
    errors: [...BODY_ERRORS, "permission_denied", "conflict"],
    example: { body: { contact_policy: "friends" }, response: { ...examples.ownAda, contact_policy: "friends" } },
  }),
  listUsers: endpoint({
    id: "listUsers",
    method: "GET",
    path: "/v1/users",
    summary: "Find users",
    tag,
    access: "user",
    query: userListQuery,
    responses: { 200: page(user) },
    errors: COMMON_ERRORS,
    example: { query: { q: "gra" }, response: examples.onePage(examples.grace) },
  }),
  getUser: endpoint({
    id: "getUser",
    method: "GET",
    path: "/v1/users/:user_id",
    summary: "Get a user",
    tag,
    access: "user",
    params: userParams,
    responses: { 200: user },
    errors: [...COMMON_ERRORS, "not_found"],
    example: { params: { user_id: examples.IDS.grace }, response: examples.grace },
  }),
  upsertUser: endpoint({
    id: "upsertUser",
    method: "PUT",
    path: "/v1/users/:external_id",
    summary: "Create or change a user (service)",
    description:
      "By the id that the host application knows the user by: the `sub` of their tokens. Only what is named changes.",
    tag,
    access: "service",
    params: z.object({ external_id: externalId }),
    body: upsertUser,
    responses: { 200: ownUser, 201: ownUser },
    errors: [...BODY_ERRORS, "permission_denied", "conflict"],
    example: {
      params: { external_id: "customer-17" },
      body: { username: "ada", display_name: "Ada Lovelace" },
      response: examples.ownAda,
    },
  }),
  listAllUsers: endpoint({
    id: "listAllUsers",
    method: "GET",
    path: "/v1/admin/users",
    summary: "Find users with all that is set of them (admin)",
    tag,
    access: "admin",
    query: allUsersQuery,
    responses: { 200: page(ownUser) },
    errors: [...COMMON_ERRORS, "permission_denied"],
    example: {
      query: { deactivated: "true" },
      response: examples.onePage({ ...examples.ownAda, deactivated_at: examples.LATER }),
    },
  }),
  administerUser: endpoint({
    id: "administerUser",
    method: "PATCH",
    path: "/v1/admin/users/:user_id",
    summary: "Lock a user out, let them in, or change what they may do (admin)",
    description:
      "Only what is named changes, and is in the audit log. Nobody locks themselves out or takes their own administration away. A token issued later brings the flags that it carries.",
    tag,
    access: "admin",
    params: userParams,
    body: administerUser,
    responses: { 200: ownUser },
    errors: [...BODY_ERRORS, "permission_denied", "not_found", "conflict"],
    example: {
      params: { user_id: examples.IDS.ada },
      body: { is_staff: true },
      response: { ...examples.ownAda, is_staff: true },
    },
  }),
} as const;
