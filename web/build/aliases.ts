import { fileURLToPath } from "node:url";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The sources of the SDK, so that nothing ever holds a stale build of it. */
export const CLIENT_SOURCES = {
  "@parley/client/cache": here("../../client/src/cache/mod.ts"),
  "@parley/client": here("../../client/src/mod.ts"),
};
