import { ParleyError, type Conversation, type UpdateConversation } from "@parley/protocol";
import type { Caller } from "../../domain/caller.ts";
import { archivedSince, checkUpdate, isArchivedForAll } from "../../domain/conversations.ts";
import type { ConversationId } from "../../domain/ids.ts";
import { recordAudit } from "../../store/audit.ts";
import type { Committer } from "../../store/committer/committer.ts";
import type { ChangeWriter } from "../../store/committer/operations.ts";
import type { ConversationRow } from "../../store/conversations.ts";
import { archiveForOne } from "../../store/conversations-own.ts";
import { setArchived, updateConversationFields, type ConversationFields } from "../../store/conversations-update.ts";
import type { Reader, Transactor } from "../../store/database.ts";
import { isDuplicateKey } from "../../store/postgres/errors.ts";
import { accessTo, requirePermission, type Access } from "../access.ts";
import { refuse } from "../refuse.ts";
import { get, type GetDeps } from "./list.ts";

export interface UpdateDeps extends GetDeps {
  readonly db: Reader & Transactor;
  readonly committer: Pick<Committer, "change">;
}

/**
 * Changes what is named, settings too; saying what is so already takes no version. Needs `change_settings`. Throws `not_found`,
 * `not_a_member`, `permission_denied`, `validation_failed` (what its kind does not have) and `conflict` (the slug is taken).
 */
export async function update(
  deps: UpdateDeps,
  caller: Caller,
  id: ConversationId,
  patch: UpdateConversation,
): Promise<Conversation> {
  await deps.committer.change(id, async (change) => {
    const access = await accessTo(change, caller, id);
    requirePermission(access, "change_settings");
    refuse(checkUpdate(access.conversation, patch));
    await writeUpdate(change, access, patch);
  });
  return await get(deps, caller, id);
}

async function writeUpdate(
  change: ChangeWriter,
  { caller, conversation }: Access,
  patch: UpdateConversation,
): Promise<void> {
  const fields = patched(conversation, patch);
  const changed = changedFields(conversation, fields);
  if (changed.length === 0) return;
  const { id } = conversation;
  const version = change.record("conversation.updated", id, caller.userId);
  // Whoever reads on from before this saw, or did not see, other messages: their cursors are reset.
  const historyVersion = changed.includes("historyVisibility") ? version : conversation.historyVersion;
  await updateConversationFields(change, { id, version, at: change.now }, { ...fields, historyVersion }).catch(
    slugTaken,
  );
  await recordAudit(change, {
    actorId: caller.userId,
    action: "conversation.updated",
    conversationId: id,
    data: Object.fromEntries(
      changed.map((field) => [WIRE_NAMES[field], { from: conversation[field], to: fields[field] }]),
    ),
  });
}

type PatchedFields = Omit<ConversationFields, "historyVersion">;

const WIRE_NAMES = {
  title: "title",
  description: "description",
  slug: "slug",
  visibility: "visibility",
  externalRef: "external_ref",
  requireApproval: "require_approval",
  historyVisibility: "history_visibility",
  slowModeSeconds: "slow_mode_seconds",
  retentionDays: "retention_days",
  federate: "federate",
} as const satisfies Record<keyof PatchedFields, string>;

function patched(row: ConversationRow, { settings = {}, ...patch }: UpdateConversation): PatchedFields {
  return {
    title: patch.title === undefined ? row.title : patch.title,
    description: patch.description === undefined ? row.description : (patch.description ?? ""),
    slug: patch.slug === undefined ? row.slug : patch.slug,
    visibility: patch.visibility ?? row.visibility,
    externalRef: patch.external_ref === undefined ? row.externalRef : patch.external_ref,
    requireApproval: settings.require_approval ?? row.requireApproval,
    historyVisibility: settings.history_visibility ?? row.historyVisibility,
    slowModeSeconds: settings.slow_mode_seconds ?? row.slowModeSeconds,
    retentionDays: settings.retention_days === undefined ? row.retentionDays : settings.retention_days,
    federate: settings.federate ?? row.federate,
  };
}

function changedFields(row: ConversationRow, fields: PatchedFields): (keyof PatchedFields)[] {
  return (Object.keys(WIRE_NAMES) as (keyof PatchedFields)[]).filter((field) => row[field] !== fields[field]);
}

function slugTaken(error: unknown): never {
  if (!isDuplicateKey(error)) throw error;
  throw new ParleyError("conflict", {
    detail: "There is a channel with this slug already. Choose another.",
    cause: error,
  });
}

/**
 * Archives a conversation or brings it back: for all in support and channels (needs `change_settings`), else for oneself alone. A new
 * message brings it back by itself. Throws `not_found`, `not_a_member` and `permission_denied`.
 */
export async function archive(
  deps: UpdateDeps,
  caller: Caller,
  id: ConversationId,
  archived: boolean,
): Promise<Conversation> {
  const { conversation, member } = await accessTo(deps.db, caller, id);
  if (isArchivedForAll(conversation.kind)) await archiveForAll(deps, caller, id, archived);
  else if (member) await deps.db.transaction((tx) => archiveForOne(tx, id, caller.userId, archived));
  else
    throw new ParleyError("not_a_member", {
      detail: "This is archived by each member for themselves: act as one with Parley-Act-As.",
    });
  return await get(deps, caller, id);
}

async function archiveForAll(deps: UpdateDeps, caller: Caller, id: ConversationId, archived: boolean): Promise<void> {
  await deps.committer.change(id, async (change) => {
    const access = await accessTo(change, caller, id);
    requirePermission(access, "change_settings");
    const { conversation } = access;
    const isArchived = archivedSince(conversation, conversation.messageCount) !== null;
    if (isArchived === archived) return;
    const version = change.record(archived ? "conversation.archived" : "conversation.updated", id, caller.userId);
    await setArchived(
      change,
      { id, version, at: change.now },
      archived ? { at: change.now, ordinal: change.head.messageCount } : null,
    );
    await recordAudit(change, {
      actorId: caller.userId,
      action: archived ? "conversation.archived" : "conversation.unarchived",
      conversationId: id,
    });
  });
}
