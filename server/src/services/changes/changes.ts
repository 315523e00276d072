import type { ChangeSet } from "@parley/protocol";
import type { Caller } from "../../domain/caller.ts";
import { sightVersion } from "../../domain/changes.ts";
import type { ConversationId } from "../../domain/ids.ts";
import type { Database, Reader } from "../../store/database.ts";
import type { EpochSource } from "../../store/instance.ts";
import { findMember } from "../../store/members.ts";
import { accessTo, type Access } from "../access.ts";
import { changedRows, presentChanges, type ChangePresenters } from "./conversation-changes.ts";

export interface ChangesDeps {
  readonly db: Pick<Database, "snapshot">;
  readonly epoch: EpochSource;
  readonly presenters: ChangePresenters;
}

export interface ChangesQuery {
  /** The last version held; 0: none. */
  readonly after: number;
  /** The epoch that version is from; null says that it is not known, undefined that the caller does not care. */
  readonly epoch?: string | null;
  /** 1 to 500. A change that touched more rows than that comes whole. */
  readonly limit: number;
}

export type Changes = ReturnType<typeof createChanges>;

/** Catch-up in one conversation (DESIGN 2.6). */
export function createChanges(deps: ChangesDeps) {
  return {
    /**
     * What changed after a version, a page at a time: each message, member and the conversation itself once, as it is now, ascending by
     * the version that touched it last. Go on from `through` while `has_more`.
     *
     * `reset` where the version is not of this epoch or beyond the head, or where since then what the caller may see has changed (the
     * history setting, their role or joining again): forget what was cached of the conversation, load it anew by its message pages, and go
     * on from `through`. From version 0 there is nothing to forget, so there it means that the beginning does not fit a page.
     *
     * What history hides is left out, and so are other members for guests; `through` passes over both. Throws `not_found`.
     */
    async changesAfter(caller: Caller, conversationId: ConversationId, query: ChangesQuery): Promise<ChangeSet> {
      const { after } = query;
      const epoch = await deps.epoch();
      const isForeign = query.epoch !== undefined && query.epoch !== epoch;
      const found = await deps.db.snapshot(async (db) => {
        const access = await accessTo(db, caller, conversationId);
        const { head } = access.conversation;
        const sight = sightVersion({ conversation: access.conversation, member: await ownRow(db, access) });
        const isLost = isForeign || after > head || (after > 0 && after < sight);
        const rows = isLost ? undefined : await changedRows(db, access, after, query.limit);
        // A cursor must not lie before the change of sight, or the next page would be a reset.
        return { head, rows: rows && (rows.isWhole || rows.through >= sight) ? rows : undefined };
      });
      const { head } = found;
      if (!found.rows) return { epoch, after, through: head, head, changes: [], has_more: false, reset: true };
      const { through, isWhole } = found.rows;
      const changes = await presentChanges(deps.presenters, found.rows, caller);
      return { epoch, after, through, head, changes, has_more: !isWhole, reset: false };
    },
  };
}

/** The caller's row, also where they have left and read on as anyone may: what they saw as a member is then not what they see. */
async function ownRow(db: Reader, access: Access): ReturnType<typeof findMember> {
  return access.footing === "reader"
    ? await findMember(db, access.conversation.id, access.caller.userId)
    : access.member;
}
