import type { Role } from "./permissions.ts";
import { seesWholeHistory } from "./permissions.ts";

export type HistoryVisibility = "all" | "member_join_date" | "none";

/** Nothing at all is visible: what a reader who never joined sees where history is limited. */
export const NOTHING_VISIBLE = Number.MAX_SAFE_INTEGER;

/**
 * The seq after which a reader sees messages (DESIGN section 5, History): 0 for all,
 * the first or the latest joining for members, nothing for readers who are not members.
 */
export function visibleAfter(
  visibility: HistoryVisibility,
  member: { role: Role; firstJoinedSeq: number; joinedSeq: number } | undefined,
  isStaff: boolean,
): number {
  if (visibility === "all" || isStaff) return 0;
  if (!member) return NOTHING_VISIBLE;
  if (seesWholeHistory(member.role)) return 0;
  return visibility === "member_join_date" ? member.firstJoinedSeq : member.joinedSeq;
}
