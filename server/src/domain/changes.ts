/** Something that a change has touched last, at the version that its row carries. */
export interface Touched {
  readonly version: number;
  readonly type: "conversation" | "member" | "message";
  readonly id: string;
}

export interface Cut {
  /** Ascending by version. */
  readonly touched: Touched[];
  /** Everything with a version up to here is in `touched`, or was before. */
  readonly through: number;
  readonly isWhole: boolean;
}

/**
 * The first of what was touched up to the version `through`: about `limit`. What one change has touched is never cut apart, since a
 * cursor is a version; a change that touched more than the limit comes whole.
 */
export function cutTouched(touched: readonly Touched[], through: number, limit: number): Cut {
  const sorted = touched.toSorted((a, b) => a.version - b.version);
  let end = 0;
  while (end < sorted.length) {
    const next = endOfVersion(sorted, end);
    if (end > 0 && next > limit) break;
    end = next;
  }
  const following = sorted[end];
  if (!following) return { touched: sorted, through, isWhole: true };
  return { touched: sorted.slice(0, end), through: following.version - 1, isWhole: false };
}

function endOfVersion(sorted: readonly Touched[], start: number): number {
  let end = start + 1;
  while (end < sorted.length && sorted[end]?.version === sorted[start]?.version) end += 1;
  return end;
}

export interface SightFacts {
  readonly conversation: { readonly historyVersion: number };
  /** The caller's row, also when they left. */
  readonly member:
    | { readonly version: number; readonly sightVersion: number; readonly leftAt: Date | null }
    | undefined;
}

/**
 * The version of the last change after which the caller may see other things than before; whoever holds an older version holds too
 * much or too little.
 */
export function sightVersion({ conversation, member }: SightFacts): number {
  if (!member) return conversation.historyVersion;
  return Math.max(conversation.historyVersion, member.leftAt ? member.version : member.sightVersion);
}
