/**
 * The entry `@parley/client/cache`: apart, so that who does not keep anything does not load it.
 *
 * @module cache
 */
export { createCache } from "./cache.ts";
export type { CacheOptions } from "./cache.ts";
