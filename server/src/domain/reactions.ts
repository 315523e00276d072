/** Different reactions on one message. More than a screen shows, and a bound for whoever would paint with them. */
export const MAX_REACTIONS = 50;

/** How a message's reactions stand before one more is given. */
export interface ReactionCounts {
  /** How many react the same. */
  readonly same: number;
  /** How many different reactions there are. */
  readonly different: number;
}

export function hasRoomFor({ same, different }: ReactionCounts): boolean {
  return same > 0 || different < MAX_REACTIONS;
}
