import { createBlocks, type BlocksDeps } from "./blocks.ts";
import { createConsents, type ConsentsDeps } from "./consents.ts";
import { createFriends, type FriendsDeps } from "./friends.ts";

export type ContactDeps = BlocksDeps & ConsentsDeps & FriendsDeps;
export type ContactService = ReturnType<typeof createContact>;

/** Who may write to whom, as people decide it themselves: blocks, friendships and consents. The rule is domain/contact.ts. */
export function createContact(deps: ContactDeps) {
  return { ...createBlocks(deps), ...createFriends(deps), ...createConsents(deps) };
}
