import type { ConversationId, UserId } from "../domain/ids.ts";
import type { ConversationRow } from "./conversations.ts";
import type { Reader, Writer } from "./database.ts";

/** What an update may change. */
export type ConversationFields = Pick<
  ConversationRow,
  | "title"
  | "description"
  | "slug"
  | "visibility"
  | "externalRef"
  | "requireApproval"
  | "historyVisibility"
  | "slowModeSeconds"
  | "retentionDays"
  | "federate"
  | "historyVersion"
>;

interface Touched {
  readonly id: ConversationId;
  /** Of the change that this write belongs to. */
  readonly version: number;
  readonly at: Date;
}

/** Fails with a unique violation where the slug is taken. */
export async function updateConversationFields(
  tx: Writer,
  touched: Touched,
  fields: ConversationFields,
): Promise<void> {
  await tx.execute({
    name: "update_conversation_fields",
    text: `UPDATE conversations SET title = $4, description = $5, slug = $6, visibility = $7, external_ref = $8, require_approval = $9,
             history_visibility = $10, slow_mode_seconds = $11, retention_days = $12, federate = $13, history_version = $14,
             version = $2, updated_at = $3
           WHERE id = $1`,
    values: [
      touched.id,
      touched.version,
      touched.at,
      fields.title,
      fields.description,
      fields.slug,
      fields.visibility,
      fields.externalRef,
      fields.requireApproval,
      fields.historyVisibility,
      fields.slowModeSeconds,
      fields.retentionDays,
      fields.federate,
      fields.historyVersion,
    ],
  });
}

/** Archives for all up to a message count, or brings back. */
export async function setArchived(
  tx: Writer,
  touched: Touched,
  archived: { readonly at: Date; readonly ordinal: number } | null,
): Promise<void> {
  await tx.execute({
    name: "set_archived",
    text: "UPDATE conversations SET archived_at = $4, archived_ordinal = $5, version = $2, updated_at = $3 WHERE id = $1",
    values: [touched.id, touched.version, touched.at, archived?.at ?? null, archived?.ordinal ?? null],
  });
}

/** Deletes softly, or restores (`by` null). Restoring fails with a unique violation where its place was taken meanwhile. */
export async function setDeleted(tx: Writer, touched: Touched, by: UserId | null): Promise<void> {
  await tx.execute({
    name: "set_deleted",
    text: `UPDATE conversations SET deleted_at = CASE WHEN $4::uuid IS NULL THEN NULL ELSE $3::timestamptz END, deleted_by = $4,
             version = $2, updated_at = $3
           WHERE id = $1`,
    values: [touched.id, touched.version, touched.at, by],
  });
}

/** The channels of a space that are not deleted. */
export async function findChannelsOfSpace(db: Reader, spaceId: string): Promise<ConversationId[]> {
  const records = await db.query<{ id: ConversationId }>({
    name: "find_channels_of_space",
    text: "SELECT id FROM conversations WHERE space_id = $1 AND deleted_at IS NULL ORDER BY id",
    values: [spaceId],
  });
  return records.map(({ id }) => id);
}
