import { ParleyError, type AuditEntry, type AuditQuery, type Page } from "@parley/protocol";
import { isHost } from "../domain/access.ts";
import type { Caller } from "../domain/caller.ts";
import { SYSTEM_USER, type ConversationId, type UserId } from "../domain/ids.ts";
import { listAudit, type AuditRow } from "../store/audit.ts";
import type { Reader } from "../store/database.ts";
import { cutPage, decodeCursor, timeAndId } from "./page-cursor.ts";

export type AuditService = ReturnType<typeof createAudit>;

export function createAudit({ db }: { readonly db: Reader }) {
  return {
    /** Who did what, newest first. For staff. Throws `permission_denied`, and `validation_failed` for a foreign cursor. */
    async audit(caller: Caller, query: AuditQuery): Promise<Page<AuditEntry>> {
      if (!caller.isStaff && !isHost(caller))
        throw new ParleyError("permission_denied", { detail: "The audit log is for staff." });
      const rows = await listAudit(db, {
        conversationId: (query.conversation_id ?? null) as ConversationId | null,
        actorId: (query.actor_id ?? null) as UserId | null,
        action: query.action ?? null,
        before: query.before === undefined ? null : new Date(query.before),
        after: query.after === undefined ? null : new Date(query.after),
        beyond: decodeCursor(query.cursor, timeAndId),
        limit: query.limit + 1,
      });
      const page = cutPage(rows, query.limit, (row) => [row.at.getTime(), row.id]);
      return { items: page.rows.map(toAuditEntry), next_cursor: page.nextCursor };
    },
  };
}

function toAuditEntry(row: AuditRow): AuditEntry {
  return {
    id: row.id,
    at: row.at.toISOString(),
    // The system's own user stands for the host application's backend.
    actor_id: row.actorId === SYSTEM_USER ? null : row.actorId,
    action: row.action,
    conversation_id: row.conversationId,
    subject_id: row.subjectId,
    data: row.data,
  };
}
