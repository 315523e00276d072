// The entry @parley/client/cache: apart, so that who does not keep anything does not load it.
export { createCache } from "./cache.ts";
export type { CacheOptions } from "./cache.ts";
