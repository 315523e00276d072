/** First parts of the addresses of the app's pages: those of the router (src/router/routes.ts), as a test sees to. */
const FIRST_PARTS = new Set([
  "",
  "sign-in",
  "c",
  "saved",
  "scheduled",
  "search",
  "notifications",
  "settings",
  "support",
  "admin",
]);

/** Whether the app has a page there; other addresses of the service are its own. */
export function isPage(pathname: string): boolean {
  return FIRST_PARTS.has(pathname.split("/")[1] ?? "");
}
