import { ParleyError } from "@parley/protocol";
import type { UserId } from "../../domain/ids.ts";
import type { ChangeWriter } from "../../store/committer/operations.ts";
import { findSpaceMembers, holdSpaceOf } from "../../store/spaces.ts";

/** So many of those outside are named. */
const NAMED = 10;

/**
 * Keeps the space of a channel as it is until the change ends, and makes sure that these people are in it; nothing to do for what
 * is in no space. Without the hold somebody could join a channel while being removed from its space, and stay.
 * Throws `conflict`.
 */
export async function requireInSpace(change: ChangeWriter, userIds: readonly UserId[]): Promise<void> {
  const spaceId = await holdSpaceOf(change, change.conversationId);
  if (spaceId === undefined) return;
  const present = new Set((await findSpaceMembers(change, spaceId, userIds)).map((row) => row.userId));
  const outside = userIds.filter((id) => !present.has(id));
  if (outside.length === 0) return;
  throw new ParleyError("conflict", {
    detail: `Only members of the space can be in its channels. Add to the space first: ${outside.slice(0, NAMED).join(", ")}`,
  });
}
