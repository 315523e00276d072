import * as z from "zod";
import { BODY_ERRORS, COMMON_ERRORS, endpoint } from "../endpoint.ts";
import {
  notification,
  notificationPreferences,
  readNotifications,
  readNotificationsResult,
  setNotificationPreferences,
} from "../notification.ts";
import { flag, page, pageFields } from "../primitives.ts";
import * as examples from "./examples.ts";

const tag = "Notifications";

export const notificationListQuery = z.object({
  unread: z.exactOptional(flag).meta({ description: "`true`: only unread ones" }),
  ...pageFields,
});
export type NotificationListQuery = z.infer<typeof notificationListQuery>;

const preferences = {
  preferences: [{ conversation_id: null, type: "mentions", channel: "push", enabled: false }],
} as const;

export const notificationEndpoints = {
  listNotifications: endpoint({
    id: "listNotifications",
    method: "GET",
    path: "/v1/notifications",
    summary: "List notifications, newest first",
    tag,
    access: "user",
    query: notificationListQuery,
    responses: { 200: page(notification) },
    errors: COMMON_ERRORS,
    example: {
      query: { unread: "true" },
      response: examples.onePage({
        id: examples.IDS.notification,
        type: "mentions",
        conversation_id: examples.IDS.conversation,
        message_id: examples.IDS.message,
        data: { sender_id: examples.IDS.ada, preview: "We launch on Friday, @grace" },
        created_at: examples.AT,
        read_at: null,
      }),
    },
  }),
  readNotifications: endpoint({
    id: "readNotifications",
    method: "POST",
    path: "/v1/notifications/read",
    summary: "Mark notifications as read",
    description: "Those named, those of a conversation, or all.",
    tag,
    access: "user",
    body: readNotifications,
    responses: { 200: readNotificationsResult },
    errors: BODY_ERRORS,
    example: {
      body: { notification_ids: [examples.IDS.notification] },
      response: { updated_count: 1, unread_count: 0 },
    },
  }),
  getNotificationPreferences: endpoint({
    id: "getNotificationPreferences",
    method: "GET",
    path: "/v1/notifications/preferences",
    summary: "Get what notifies, and where",
    description: "Only what was set: everything else is on for `in_app`.",
    tag,
    access: "user",
    responses: { 200: notificationPreferences },
    errors: COMMON_ERRORS,
    example: { response: preferences },
  }),
  setNotificationPreferences: endpoint({
    id: "setNotificationPreferences",
    method: "PUT",
    path: "/v1/notifications/preferences",
    summary: "Set what notifies, and where",
    description: "Sets those named and answers with all. A conversation's own goes before that for everywhere.",
    tag,
    access: "user",
    body: setNotificationPreferences,
    responses: { 200: notificationPreferences },
    errors: [...BODY_ERRORS, "permission_denied", "not_found"],
    example: { body: preferences, response: preferences },
  }),
} as const;
