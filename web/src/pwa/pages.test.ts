import { expect, test } from "vitest";
import { isPage } from "../../worker/pages.ts";
import { routes } from "../router/routes.ts";

test("the service worker knows the pages of the app, and leaves the rest to the service", () => {
  const paths = routes.flatMap(({ path, children = [] }) => [path, ...children.map((child) => `/${child.path}`)]);
  const pages = paths.filter((path) => !path.includes("rest"));
  expect(pages.length).toBeGreaterThan(5);
  expect(pages.filter((path) => !isPage(path))).toEqual([]);
  expect(["/docs", "/v1/users/me", "/config.json", "/demo/ada", "/openapi.json", "/widget.js"].filter(isPage)).toEqual(
    [],
  );
});
