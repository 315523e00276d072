import type { ConversationKind } from "@parley/protocol";
import type { ConversationId, UserId } from "../domain/ids.ts";
import type { Reader } from "./database.ts";
import { createParameters, type Parameters } from "./search-parameters.ts";

/** Who searches: decides which conversations, and from where on in them (domain/access.ts, domain/history.ts). */
export interface SearchReader {
  readonly userId: UserId;
  /** The host's backend in its own name sees everything. */
  readonly isHost: boolean;
  readonly isStaff: boolean;
  /** Agents see only what they are members of. */
  readonly isAgent: boolean;
}

/** Where a search is made at all. */
export interface SearchScope {
  readonly reader: SearchReader;
  readonly conversationId: ConversationId | undefined;
  readonly kind: ConversationKind | undefined;
}

/** In which conversations there is something to find. */
export interface SearchSight {
  readonly ids: readonly string[];
  /** Of these, the ones that show only what is after a seq. */
  readonly after: ReadonlyMap<string, number>;
  /** There are more that one sees without being a member: too many to name them. */
  readonly hasMore: boolean;
}

/** More conversations that one is no member of are not named one by one. */
const MAX_NAMED = 5_000;

/** Indexes: members_by_user, conversations_support, conversations_public, and primary keys. */
export async function findSight(db: Reader, scope: SearchScope): Promise<SearchSight> {
  const parameters = createParameters();
  const rows = await db.query<{ id: string; after: number | null }>({
    text: `SELECT c.id, CASE WHEN c.history_visibility = 'all' OR m.role IN ('owner', 'admin') THEN 0
               WHEN c.history_visibility = 'member_join_date' THEN m.first_joined_seq ELSE m.joined_seq END AS after
             FROM members m JOIN conversations c ON c.id = m.conversation_id
             WHERE m.user_id = ${parameters(scope.reader.userId)} AND m.left_at IS NULL AND c.deleted_at IS NULL
               AND ${scopeOf(scope, parameters)}
           UNION ALL
           SELECT * FROM (SELECT c.id, NULL::bigint FROM conversations c
             WHERE ${seenWithoutMembership(scope, parameters)} LIMIT ${MAX_NAMED + 1}) o`,
    values: parameters.values,
  });
  const own = rows.filter((row) => row.after !== null);
  const hasMore = rows.length - own.length > MAX_NAMED;
  return {
    ids: (hasMore ? own : rows).map((row) => row.id),
    after: new Map(own.flatMap((row) => (row.after ? [[row.id, row.after]] : []))),
    hasMore,
  };
}

/** What must hold of a row `s` of `message_search`, so that its message is in sight. */
export function isInSight(sight: SearchSight, scope: SearchScope, parameters: Parameters): string {
  const named = `s.conversation_id = ANY (${parameters(sight.ids)}::uuid[])`;
  const seen = sight.hasMore
    ? `(${named} OR EXISTS (SELECT FROM conversations c WHERE c.id = s.conversation_id AND ${seenWithoutMembership(scope, parameters)}))`
    : named;
  if (sight.after.size === 0) return seen;
  const limited = parameters([...sight.after.keys()]);
  const after = parameters(JSON.stringify(Object.fromEntries(sight.after)));
  return `${seen} AND NOT (s.conversation_id = ANY (${limited}::uuid[]) AND s.seq <= (${after}::jsonb ->> s.conversation_id::text)::bigint)`;
}

/** Of a conversation `c`: that the reader sees it, all of it, though they are no member. */
function seenWithoutMembership(scope: SearchScope, parameters: Parameters): string {
  const { reader } = scope;
  const user = parameters(reader.userId);
  const kinds = [
    ...(reader.isHost ? ["true"] : []),
    ...(reader.isStaff ? ["c.kind = 'support'"] : []),
    ...(reader.isAgent || reader.isHost
      ? []
      : [
          `c.kind = 'channel' AND c.visibility = 'public' AND c.history_visibility = 'all' AND (c.space_id IS NULL
             OR EXISTS (SELECT FROM space_members x WHERE x.space_id = c.space_id AND x.user_id = ${user}))`,
        ]),
  ];
  return `c.deleted_at IS NULL AND ${scopeOf(scope, parameters)} AND (${kinds.length > 0 ? kinds.join(" OR ") : "false"})
    AND NOT EXISTS (SELECT FROM members m WHERE m.conversation_id = c.id AND m.user_id = ${user} AND m.left_at IS NULL)`;
}

function scopeOf({ conversationId, kind }: SearchScope, parameters: Parameters): string {
  const conditions = [
    ...(conversationId ? [`c.id = ${parameters(conversationId)}`] : []),
    ...(kind ? [`c.kind = ${parameters(kind)}`] : []),
  ];
  return conditions.length > 0 ? conditions.join(" AND ") : "true";
}
