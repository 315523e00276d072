import type { RouteLocationNormalized } from "vue-router";

/** Where to after the sign-in: a path of this app, whatever was put into the address. */
export function destinationOf(route: RouteLocationNormalized): string {
  const to = route.query["to"];
  return typeof to === "string" && /^\/(?![/\\])/.test(to) ? to : "/";
}
