import type { UserId } from "./ids.ts";

/**
 * Who asks. Made by authentication from a token, given to every service call, never stored.
 * A service token without `Parley-Act-As` is the system user with `isService`.
 */
export interface Caller {
  readonly userId: UserId;
  readonly kind: "human" | "agent" | "system";
  readonly isAdmin: boolean;
  /** Serves support conversations. Admins are staff. */
  readonly isStaff: boolean;
  /** The host application's backend: not rate limited per user, may act for users and post notices. */
  readonly isService: boolean;
}

/** Staff and the host's backend may write to anyone: contact policies, blocks and consents do not bind them. */
export function mayContactAnyone(caller: Caller): boolean {
  return caller.isStaff || caller.isService;
}
