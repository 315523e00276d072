import type { OwnUser, Sender, User } from "@parley/protocol";
import type { Caller } from "../domain/caller.ts";
import type { UserRow } from "../store/users.ts";

/**
 * A user as others see them. The id that the host application knows them by is for themselves and the host alone; what is the
 * same for everyone has no viewer.
 */
export function toUser(row: UserRow, viewer: Caller | null): User {
  const user: User = {
    id: row.id,
    username: row.username,
    slug: row.slug,
    display_name: row.displayName,
    avatar_url: row.avatarUrl,
    kind: row.kind,
    is_admin: row.isAdmin,
  };
  if (viewer && (viewer.isService || viewer.userId === row.id)) user.external_id = row.externalId;
  return user;
}

/** A user as they see themselves, and as the host's backend sees anyone. */
export function toOwnUser(row: UserRow): OwnUser {
  return {
    id: row.id,
    external_id: row.externalId,
    username: row.username,
    slug: row.slug,
    display_name: row.displayName,
    avatar_url: row.avatarUrl,
    kind: row.kind,
    is_admin: row.isAdmin,
    is_staff: row.isStaff || row.isAdmin,
    contact_policy: row.contactPolicy,
    share_receipts: row.shareReceipts,
    share_presence: row.sharePresence,
    locale: row.locale,
    created_at: row.createdAt.toISOString(),
    deactivated_at: row.deactivatedAt?.toISOString() ?? null,
  };
}

/** The few fields that every message carries. */
export function toSender(row: UserRow): Sender {
  return { id: row.id, username: row.username, display_name: row.displayName, kind: row.kind, is_admin: row.isAdmin };
}
