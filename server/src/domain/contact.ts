import type { ContactPolicy } from "@parley/protocol";

/** What decides whether one person may write to another, or bring them into a conversation (DESIGN section 4). */
export interface ContactFacts {
  /** The system's own user: nobody talks with it. */
  readonly isSystem: boolean;
  readonly deactivated: boolean;
  readonly policy: ContactPolicy;
  /** By either of the two. */
  readonly blocked: boolean;
  readonly friends: boolean;
  /** Both are members of at least one space. */
  readonly sharesSpace: boolean;
  /** The other's consent `messaging`. */
  readonly acceptsMessages: boolean;
  /** The caller's own. */
  readonly callerMessages: boolean;
}

/**
 * What the contact is for: a direct conversation, being added to one of the others, or asking for friendship. Friendship is how one
 * comes to write to people whose policy is `friends`, so that policy does not bind the asking.
 */
export type ContactPurpose = "direct" | "conversation" | "friendship";

/** Whether the contact is accepted. `privileged`: staff and the host's backend, whom neither policy, block nor consent binds. */
export function acceptsContact(facts: ContactFacts, purpose: ContactPurpose, privileged: boolean): boolean {
  if (facts.isSystem) return false;
  if (privileged) return true;
  if (facts.deactivated || facts.blocked) return false;
  if (purpose === "friendship") return facts.policy !== "nobody";
  if (!facts.acceptsMessages) return false;
  // Whoever withdrew their own consent to messaging may still work in conversations of many, as their messages there flow too.
  if (purpose === "direct" && !facts.callerMessages) return false;
  return policyAccepts(facts);
}

function policyAccepts({ policy, friends, sharesSpace }: ContactFacts): boolean {
  switch (policy) {
    case "everyone":
      return true;
    case "shared_space_or_friend":
      return friends || sharesSpace;
    case "friends":
      return friends;
    case "nobody":
      return false;
  }
}
