import { COMMON_ERRORS, endpoint } from "../endpoint.ts";
import { page, pageQuery } from "../primitives.ts";
import { savedMessage } from "../saved.ts";
import * as examples from "./examples.ts";
import { messageParams } from "./params.ts";

const tag = "Saved messages";
const saved = { message: examples.message, saved_at: examples.LATER };
const ofMessage = { message_id: examples.IDS.message } as const;

export const savedEndpoints = {
  saveMessage: endpoint({
    id: "saveMessage",
    method: "PUT",
    path: "/v1/saved/:message_id",
    summary: "Save a message for oneself",
    tag,
    access: "user",
    params: messageParams,
    responses: { 200: savedMessage },
    errors: [...COMMON_ERRORS, "permission_denied", "not_found", "message_deleted"],
    example: { params: ofMessage, response: saved },
  }),
  unsaveMessage: endpoint({
    id: "unsaveMessage",
    method: "DELETE",
    path: "/v1/saved/:message_id",
    summary: "Do not keep a saved message",
    tag,
    access: "user",
    params: messageParams,
    responses: { 204: null },
    errors: COMMON_ERRORS,
    example: { params: ofMessage },
  }),
  listSavedMessages: endpoint({
    id: "listSavedMessages",
    method: "GET",
    path: "/v1/saved",
    summary: "List saved messages, last saved first",
    description: "Those that the caller may still read.",
    tag,
    access: "user",
    query: pageQuery,
    responses: { 200: page(savedMessage) },
    errors: COMMON_ERRORS,
    example: { response: examples.onePage(saved) },
  }),
} as const;
