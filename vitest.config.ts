import { fileURLToPath } from "node:url";
import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vitest/config";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    // Tests run the sources, so that they never see a stale build.
    alias: {
      "@parley/protocol": here("./protocol/src/index.ts"),
      "@parley/client/cache": here("./client/src/cache/mod.ts"),
      "@parley/client": here("./client/src/mod.ts"),
    },
  },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["protocol/src/**/*.test.ts", "server/src/**/*.test.ts", "client/src/**/*.test.ts"],
          testTimeout: 10_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        plugins: [vue()],
        resolve: {
          alias: {
            entities: here("./web/src/markdown/entities.ts"),
            "punycode.js": here("./web/src/markdown/punycode.ts"),
            "linkify-it": here("./web/src/markdown/linkify.ts"),
            mdurl: here("./web/src/markdown/mdurl.ts"),
            "uc.micro": here("./web/src/markdown/uc-micro.ts"),
          },
        },
        test: {
          name: "web",
          include: ["web/{src,widget}/**/*.test.ts"],
          environment: "happy-dom",
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "browser",
          include: ["web/test/**/*.test.ts", "client/test/browser/**/*.test.ts"],
          globalSetup: ["server/test/harness/global-setup.ts"],
          pool: "forks",
          // Each file brings a browser and a server.
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
          // A list that settles under the pointer, or two taps that are taken for one, are not what is tested.
          retry: 2,
          testTimeout: 60_000,
          hookTimeout: 90_000,
        },
      },
      {
        extends: true,
        test: {
          name: "integration",
          include: ["server/test/**/*.test.ts", "client/test/**/*.test.ts", "faults/test/**/*.test.ts"],
          exclude: ["client/test/browser/**"],
          globalSetup: ["server/test/harness/global-setup.ts"],
          pool: "forks",
          // Each file brings servers and sockets of its own: more at once would only time out on two cores.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
