import type { Caller } from "../../domain/caller.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import { create, type CreateDeps } from "./create.ts";
import { get, list } from "./list.ts";
import { directWith, supportOf, systemOf } from "./once.ts";
import { remove, restore } from "./remove.ts";
import { archive, update } from "./update.ts";

type Bound<F> = F extends (deps: CreateDeps, ...rest: infer Rest) => infer Result ? (...rest: Rest) => Result : never;

/** Everything one does with conversations as a whole. Each function says what it throws where it is defined. */
export interface ConversationsService {
  readonly create: Bound<typeof create>;
  readonly get: Bound<typeof get>;
  readonly list: Bound<typeof list>;
  readonly update: Bound<typeof update>;
  readonly archive: Bound<typeof archive>;
  readonly remove: Bound<typeof remove>;
  readonly restore: Bound<typeof restore>;
  /** The caller's direct conversation with somebody, made where there is none. */
  readonly directWith: (caller: Caller, userId: UserId) => Promise<ConversationId>;
  /** The support conversation of the caller, or (for staff and the host's backend) of a customer, made where there is none. */
  readonly supportOf: (caller: Caller, customerId?: UserId) => Promise<ConversationId>;
  /** The conversation in which the system writes to a user, made where there is none. Takes a service token. */
  readonly systemOf: (caller: Caller, userId: UserId) => Promise<ConversationId>;
}

export function createConversations(deps: CreateDeps): ConversationsService {
  return {
    create: (...rest) => create(deps, ...rest),
    get: (...rest) => get(deps, ...rest),
    list: (...rest) => list(deps, ...rest),
    update: (...rest) => update(deps, ...rest),
    archive: (...rest) => archive(deps, ...rest),
    remove: (...rest) => remove(deps, ...rest),
    restore: (...rest) => restore(deps, ...rest),
    directWith: async (caller, userId) => (await directWith(deps, caller, userId)).id,
    supportOf: async (caller, customerId) => (await supportOf(deps, caller, customerId)).id,
    systemOf: async (caller, userId) => (await systemOf(deps, caller, userId)).id,
  };
}
