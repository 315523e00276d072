import { defineConfig } from "vitest/config";
import tests from "../../../vitest.config.ts";

/** `npm run screenshots`: the pictures of the documentation, taken with the harness of the browser tests. */
// oxlint-disable-next-line import/no-default-export -- the tool reads it so
export default defineConfig({
  resolve: tests.resolve ?? {},
  test: {
    name: "screenshots",
    include: ["web/test/pictures/take.ts"],
    globalSetup: ["server/test/harness/global-setup.ts"],
    pool: "forks",
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
