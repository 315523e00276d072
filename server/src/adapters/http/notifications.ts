import { endpoints } from "@parley/protocol";
import type { NotificationPreferencesService } from "../../services/notification-preferences.ts";
import type { NotificationsService } from "../../services/notifications.ts";
import { route, type Route } from "./pipeline.ts";

export interface NotificationRoutesDeps {
  readonly notifications: NotificationsService;
  readonly notificationPreferences: NotificationPreferencesService;
}

export function notificationRoutes({ notifications, notificationPreferences }: NotificationRoutesDeps): Route[] {
  return [
    route(endpoints.listNotifications, ({ caller, query }) => notifications.list(caller, query)),
    route(endpoints.readNotifications, ({ caller, body }) => notifications.markRead(caller, body)),
    route(endpoints.getNotificationPreferences, ({ caller }) => notificationPreferences.get(caller)),
    route(endpoints.setNotificationPreferences, ({ caller, body }) => notificationPreferences.set(caller, body)),
  ];
}
