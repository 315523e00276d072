import { LIMITS, type AllChanges, type Change, type LocatedChange } from "@parley/protocol";
import type { Caller } from "../../domain/caller.ts";
import { sightVersion } from "../../domain/changes.ts";
import type { ConversationId } from "../../domain/ids.ts";
import {
  BEGINNING,
  listChangedConversations,
  readSnapshot,
  type ChangedConversation,
  type Snapshot,
} from "../../store/changes-everywhere.ts";
import { findStanding, type ConversationRow } from "../../store/conversations.ts";
import type { Reader } from "../../store/database.ts";
import { findMember, type MemberRow } from "../../store/members.ts";
import { accessOf } from "../access.ts";
import type { ChangesDeps } from "./changes.ts";
import { changedRows, presentChanges, presentDeleted, presentLeft, type ChangedRows } from "./conversation-changes.ts";
import { decodeEverywhere, encodeEverywhere, type EverywhereCursor, type Round } from "./everywhere-cursor.ts";

/** Conversations that one request looks at. */
const LOOKED_AT = 500;

/** After a round that took longer there is more: it was interrupted, and much may have happened in what it had passed. */
const STALE_MS = 5_000;

/** Versions behind in one conversation before a client is told to load it anew, as a resuming socket is. */
const FAR_BEHIND = 2 * LIMITS.replayedChanges;

export interface EverywhereQuery {
  /** The `through` of the last answer. */
  readonly after?: string;
  readonly epoch?: string;
  readonly limit: number;
}

/** What is to be told of one conversation. */
type Finding =
  | { readonly kind: "rows"; readonly rows: ChangedRows }
  | { readonly kind: "deleted"; readonly conversation: ConversationRow }
  | { readonly kind: "left"; readonly member: MemberRow }
  | { readonly kind: "reset"; readonly id: ConversationId };

interface PageOfFindings {
  readonly findings: Finding[];
  readonly through: EverywhereCursor;
  readonly hasMore: boolean;
}

export type ChangesEverywhere = ReturnType<typeof createChangesEverywhere>;

/**
 * Catch-up over all the caller's conversations, for clients without a socket (DESIGN section 6).
 *
 * A cursor is what was committed when a round over the conversations began. A round tells everything that is visible in each
 * conversation, so the next one needs only what was committed since, by transactions that had begun before it too. Something may
 * be told twice; nothing is left out.
 */
export function createChangesEverywhere(deps: ChangesDeps) {
  return {
    /**
     * What changed since the cursor, conversation by conversation; without a cursor, everything from the beginning. A page may be
     * short or empty while `has_more`; without it, everything was told that there was some seconds ago at most, and it is time to wait. `reset_conversations` are to be loaded anew, since too much happened in them or what the caller
     * may see of them changed; `reset` means all of them: the cursor is of another epoch, or the caller has become staff or ceased to be.
     * A conversation that the caller has left ends with their own membership, a deleted one with itself.
     *
     * Throws `validation_failed` for a cursor that is none, or somebody else's.
     */
    async allChanges(caller: Caller, query: EverywhereQuery): Promise<AllChanges> {
      const epoch = await deps.epoch();
      const given =
        query.after === undefined ? { epoch, since: BEGINNING, round: null } : decodeEverywhere(caller, query.after);
      const isForeign = given === "stale" || given.epoch !== epoch || (query.epoch ?? epoch) !== epoch;
      const page = await deps.db.snapshot(async (db) => {
        const { snapshot, isBehind } = await readSnapshot(db, given === "stale" ? BEGINNING : given.since);
        if (isForeign || isBehind)
          return { findings: undefined, through: { epoch, since: snapshot, round: null }, hasMore: false };
        return await readPage(db, caller, given, snapshot, query.limit);
      });
      const answer = {
        epoch,
        after: query.after ?? null,
        through: encodeEverywhere(caller, page.through),
        has_more: page.hasMore,
      };
      if (!page.findings) return { ...answer, changes: [], reset_conversations: [], reset: true };
      return {
        ...answer,
        changes: await present(caller, page.findings),
        reset_conversations: page.findings.flatMap((finding) => (finding.kind === "reset" ? [finding.id] : [])),
        reset: false,
      };
    },
  };

  async function present(caller: Caller, findings: readonly Finding[]): Promise<LocatedChange[]> {
    const located: LocatedChange[] = [];
    for (const finding of findings) {
      if (finding.kind === "reset") continue;
      for (const change of await presentFinding(caller, finding)) {
        located.push({ conversation_id: conversationOf(finding), ...change });
      }
    }
    return located;
  }

  async function presentFinding(caller: Caller, finding: Exclude<Finding, { kind: "reset" }>): Promise<Change[]> {
    if (finding.kind === "left") return await presentLeft(deps.presenters, finding.member, caller);
    if (finding.kind === "deleted") return await presentDeleted(deps.presenters, finding.conversation, caller);
    return await presentChanges(deps.presenters, finding.rows, caller);
  }
}

function conversationOf(finding: Exclude<Finding, { kind: "reset" }>): ConversationId {
  if (finding.kind === "left") return finding.member.conversationId;
  return finding.kind === "deleted" ? finding.conversation.id : finding.rows.conversation.id;
}

async function readPage(
  db: Reader,
  caller: Caller,
  cursor: EverywhereCursor,
  snapshot: Snapshot,
  limit: number,
): Promise<PageOfFindings> {
  const { round, since } = cursor;
  const { next, beganAt } = round ?? { next: snapshot, beganAt: Date.now() };
  const candidates = await listChangedConversations(db, {
    userId: caller.userId,
    isStaff: caller.isStaff,
    since,
    beyond: round && { id: round.conversationId, inclusive: round.version !== null },
    limit: LOOKED_AT,
  });
  const findings: Finding[] = [];
  let room = limit;
  for (const candidate of candidates) {
    const resumed = round?.conversationId === candidate.id ? round.version : null;
    const found = await look(db, caller, candidate, { since, resumed, limit: room });
    if (!found) continue;
    findings.push(found);
    room -= found.kind === "rows" ? found.rows.touched.length : 1;
    const isDone = found.kind !== "rows" || found.rows.isWhole;
    if (room > 0 && isDone) continue;
    const version = isDone ? null : (found as { rows: ChangedRows }).rows.through;
    return goOn(cursor, findings, { next, beganAt, conversationId: candidate.id, version });
  }
  const last = candidates.at(-1);
  if (last && candidates.length >= LOOKED_AT)
    return goOn(cursor, findings, { next, beganAt, conversationId: last.id, version: null });
  // The round told what was there when it began. If that is a while ago, another one is due before the caller may rest.
  return {
    findings,
    through: { epoch: cursor.epoch, since: next, round: null },
    hasMore: Date.now() - beganAt > STALE_MS,
  };
}

function goOn({ epoch, since }: EverywhereCursor, findings: Finding[], round: Round): PageOfFindings {
  return { findings, through: { epoch, since, round }, hasMore: true };
}

interface Look {
  readonly since: Snapshot;
  /** In the middle of it: go on after this version. */
  readonly resumed: number | null;
  readonly limit: number;
}

/** What there is to tell of one conversation; undefined for nothing. */
async function look(
  db: Reader,
  caller: Caller,
  candidate: ChangedConversation,
  { since, resumed, limit }: Look,
): Promise<Finding | undefined> {
  if (!candidate.hasChanged) return undefined;
  const isFirst = since === BEGINNING;
  if (candidate.hasLeft) {
    const member = isFirst ? undefined : await findMember(db, candidate.id, caller.userId);
    return member && { kind: "left", member };
  }
  const standing = await findStanding(db, candidate.id, caller.userId);
  if (!standing) return undefined;
  const { conversation } = standing;
  if (conversation.deletedAt) return isFirst ? undefined : { kind: "deleted", conversation };
  const access = accessOf(caller, conversation, standing.member, standing.inSpace);
  if (!access) return undefined;
  if (resumed === null && !isFirst) {
    const after = candidate.isNew ? 0 : candidate.after;
    const hasSightChanged =
      after > 0 ? sightVersion({ conversation, member: access.member }) > after : isRejoined(access.member);
    if (hasSightChanged || candidate.head - after > FAR_BEHIND) return { kind: "reset", id: candidate.id };
    return ifAny(await changedRows(db, access, after, limit));
  }
  return ifAny(await changedRows(db, access, resumed ?? 0, limit));
}

/** Left and joined again between two questions: the client never knew that it had been out. */
function isRejoined(member: MemberRow | undefined): boolean {
  return member !== undefined && member.sightVersion > 0;
}

function ifAny(rows: ChangedRows): Finding | undefined {
  return rows.touched.length === 0 && rows.isWhole ? undefined : { kind: "rows", rows };
}
