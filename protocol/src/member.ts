import * as z from "zod";
import { seq, timestamp, timestampInput, uuid } from "./primitives.ts";
import { user } from "./user.ts";

export const ROLES = ["owner", "admin", "member", "guest"] as const;
export const role = z.enum(ROLES);
export type Role = z.infer<typeof role>;

export const PERMISSION_NAMES = [
  "send_messages",
  "manage_members",
  "change_settings",
  "delete_messages",
  "moderate_content",
  "admin",
] as const;
export const permission = z.enum(PERMISSION_NAMES);
export type PermissionName = z.infer<typeof permission>;

export const NOTIFICATION_LEVELS = ["all", "mentions", "none"] as const;
export const notificationLevel = z.enum(NOTIFICATION_LEVELS);
export type NotificationLevel = z.infer<typeof notificationLevel>;

export const member = z
  .object({
    conversation_id: uuid,
    user_id: uuid,
    role,
    permissions: z
      .array(permission)
      .meta({ description: "What the member may do: the role's defaults with the member's own grants and denials" }),
    joined_at: timestamp,
    last_read_seq: seq.nullable().meta({ description: "null where the member does not share receipts" }),
    last_delivered_seq: seq.nullable().meta({ description: "null where the member does not share receipts" }),
    last_read_at: timestamp.nullable(),
    version: seq,
    user,
    left_at: timestamp
      .nullable()
      .optional()
      .meta({ description: "In changes and events: when the member left or was removed" }),
    muted_until: timestamp.nullable().optional().meta({ description: "Only in one's own membership" }),
    notification_level: notificationLevel.optional().meta({ description: "Only in one's own membership" }),
  })
  .meta({ id: "Member" });
export type Member = z.infer<typeof member>;

const MAX_ADDED_AT_ONCE = 1_000;

export const addMembers = z
  .strictObject({
    user_id: z.exactOptional(uuid),
    user_ids: z.exactOptional(z.array(uuid).min(1).max(MAX_ADDED_AT_ONCE)),
    role: z.exactOptional(role).meta({ description: "Default: member" }),
  })
  .check((context) => {
    const { user_id, user_ids } = context.value;
    if ((user_id === undefined) !== (user_ids === undefined)) return;
    context.issues.push({
      code: "custom",
      path: ["user_id"],
      message: "Give either user_id or user_ids",
      input: context.value,
    });
  });
export type AddMembers = z.infer<typeof addMembers>;

export const setRole = z.strictObject({ role });

export const permissionOverrides = z.partialRecord(permission, z.boolean());
export type PermissionOverrides = z.infer<typeof permissionOverrides>;

/** Replaces all of the member's overrides; what is not named follows the role. */
export const setPermissions = z.strictObject({ permissions: permissionOverrides });

export const updateOwnMembership = z.strictObject({
  muted_until: z.exactOptional(timestampInput.nullable()),
  notification_level: z.exactOptional(notificationLevel),
});
export type UpdateOwnMembership = z.infer<typeof updateOwnMembership>;

export const transferOwnership = z.strictObject({ user_id: uuid });
