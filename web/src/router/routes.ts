import type { RouteRecordRaw } from "vue-router";

declare module "vue-router" {
  interface RouteMeta {
    /** Whether one may be here without being signed in. */
    readonly isOpen?: true;
    /** Whom it is for, beyond being signed in. */
    readonly for?: "staff" | "admin";
    /**
     * How the page shares the screen with the list of conversations: `list` is the list itself (it fills a phone's
     * screen), `chat` hides the bar at the foot of a phone's screen, `own` has a list of its own in its place.
     */
    readonly pane?: "list" | "chat" | "own";
    /** The key of what the document is called; a page may name itself better (`useTitle`). */
    readonly title: string;
  }
}

/** The conversation alone, nothing beside it. */
const NoPane = { render: () => null };

/** Every address of the app. The service answers them all with the same page, by the first part of the path: a new first part is added to it there as well (server/src/adapters/http/web-app.ts). */
export const routes: readonly RouteRecordRaw[] = [
  {
    path: "/sign-in",
    name: "sign-in",
    component: () => import("../pages/SignInPage.vue"),
    meta: { isOpen: true, title: "common.sign_in" },
  },
  {
    path: "/",
    component: () => import("../components/shell/AppShell.vue"),
    meta: { title: "common.app" },
    children: [
      {
        path: "",
        name: "home",
        component: () => import("../pages/HomePage.vue"),
        meta: { pane: "list", title: "list.title" },
      },
      {
        path: "c/:conversationId",
        component: () => import("../pages/ConversationPage.vue"),
        meta: { pane: "chat", title: "chat.title" },
        children: [
          { path: "", name: "conversation", component: NoPane, meta: { title: "chat.title" } },
          // `place`: a seq or an id, as the API's `around` takes them.
          { path: "m/:place", name: "message", component: NoPane, meta: { title: "chat.title" } },
          {
            path: "details",
            name: "details",
            component: () => import("../pages/DetailsPage.vue"),
            meta: { title: "chat.details" },
          },
          {
            // `place` shows a message beside the thread.
            path: "t/:rootId/:place?",
            name: "thread",
            component: () => import("../pages/ThreadPage.vue"),
            meta: { title: "threads.title" },
          },
          {
            path: "search/:place?",
            name: "conversation-search",
            component: () => import("../pages/ConversationSearchPage.vue"),
            meta: { title: "search.title_within" },
          },
        ],
      },
      {
        path: "saved",
        name: "saved",
        component: () => import("../pages/SavedPage.vue"),
        meta: { title: "list.saved" },
      },
      {
        path: "scheduled",
        name: "scheduled",
        component: () => import("../pages/ScheduledPage.vue"),
        meta: { title: "list.scheduled" },
      },
      {
        path: "search",
        name: "search",
        component: () => import("../pages/SearchPage.vue"),
        meta: { title: "search.title" },
      },
      {
        path: "notifications",
        name: "notifications",
        component: () => import("../pages/NotificationsPage.vue"),
        meta: { title: "notifications.title" },
      },
      {
        path: "settings/:section?",
        name: "settings",
        component: () => import("../pages/SettingsPage.vue"),
        meta: { pane: "own", title: "settings.title" },
      },
      {
        path: "support/:conversationId?",
        name: "support",
        component: () => import("../pages/SupportPage.vue"),
        meta: { pane: "own", title: "support.title" },
      },
      {
        path: "admin/:section?",
        name: "admin",
        component: () => import("../pages/AdminPage.vue"),
        meta: { for: "admin", pane: "own", title: "admin.title" },
      },
    ],
  },
  {
    path: "/:rest(.*)*",
    name: "not-found",
    component: () => import("../pages/NotFoundPage.vue"),
    meta: { isOpen: true, title: "common.not_found" },
  },
];
