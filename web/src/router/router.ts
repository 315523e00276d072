import { createRouter, createWebHistory, type RouteLocationNormalized, type Router } from "vue-router";
import { setDocumentName } from "../composables/document-title.ts";
import { i18n } from "../i18n/i18n.ts";
import { useSessionStore } from "../stores/session.ts";
import { useUiStore } from "../stores/ui.ts";
import { destinationOf } from "./destination.ts";
import { routes } from "./routes.ts";

export function createAppRouter(): Router {
  const router = createRouter({ history: createWebHistory(), routes });
  router.beforeEach(admit);
  router.afterEach((to) => {
    setDocumentName(i18n.global.t(to.meta.title));
  });
  // A page that is not on this device, and cannot be had.
  router.onError(() => {
    const { t } = i18n.global;
    const action = { label: t("common.reload"), run: () => location.reload() };
    useUiStore().toast(t("common.part_missing"), { tone: "danger", action });
  });
  return router;
}

/** Whoever is not signed in goes to the sign-in, and from there to where they wanted to. */
async function admit(to: RouteLocationNormalized) {
  const session = useSessionStore();
  // Without the service nobody can be signed in: the page for that says what is wrong.
  await session.restore().catch(() => undefined);
  const isIn = session.phase === "signed-in";
  if (to.name === "sign-in") return isIn ? destinationOf(to) : true;
  if (to.meta.isOpen) return true;
  if (!isIn) return { name: "sign-in", query: to.fullPath === "/" ? {} : { to: to.fullPath } };
  if ((to.meta.for === "staff" && !session.isStaff) || (to.meta.for === "admin" && !session.isAdmin))
    return { name: "not-found", params: { rest: to.path.slice(1).split("/") } };
  return true;
}
