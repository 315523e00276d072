import { footingOf, visibleAfterFor, type Footing } from "../../domain/access.ts";
import type { Caller } from "../../domain/caller.ts";
import { sightVersion } from "../../domain/changes.ts";
import type { GoneReason } from "@parley/protocol";
import type { ResumedRow } from "../../store/views/resumed-conversations.ts";
import { mayListMembers } from "../access.ts";

/** What a caller sees of a conversation, read in the same snapshot as its head. */
export interface Sight {
  readonly row: ResumedRow;
  readonly footing: Footing;
  /** Messages with a seq above this are visible. */
  readonly visibleAfter: number;
  readonly seesMembers: boolean;
  /** Whoever holds an older version holds too much or too little. */
  readonly since: number;
}

/** undefined where the caller may not know of the conversation. */
export function sightOf(caller: Caller, row: ResumedRow): Sight | undefined {
  const member = row.membership?.leftAt ? undefined : row.membership;
  const footing = footingOf(caller, row, member, row.inSpace);
  if (!footing) return undefined;
  // Who has left and reads on as anyone may has seen other things as a member.
  const own = footing === "reader" ? row.membership : member;
  return {
    row,
    footing,
    visibleAfter: visibleAfterFor(footing, row, member),
    seesMembers: mayListMembers({ footing, member }),
    since: sightVersion({ conversation: row, member: own }),
  };
}

/** Who was never in it learns nothing, not even that there is such a conversation. */
export function goneReasonOf(row: ResumedRow | undefined): GoneReason {
  if (!row?.membership) return "unknown";
  return row.deletedAt ? "deleted" : "removed";
}
