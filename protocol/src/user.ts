import * as z from "zod";
import { displayName, locale, slug, timestamp, username, uuid, webUrl } from "./primitives.ts";

export const USER_KINDS = ["human", "agent", "system"] as const;
export const userKind = z.enum(USER_KINDS);
export type UserKind = z.infer<typeof userKind>;

export const CONTACT_POLICIES = ["everyone", "shared_space_or_friend", "friends", "nobody"] as const;
export const contactPolicy = z.enum(CONTACT_POLICIES);
export type ContactPolicy = z.infer<typeof contactPolicy>;

export const user = z
  .object({
    id: uuid,
    external_id: z
      .string()
      .nullable()
      .optional()
      .meta({ description: "Only in one's own user and for service tokens" }),
    username: z.string(),
    slug: z.string(),
    display_name: z.string(),
    avatar_url: z.string().nullable(),
    kind: userKind,
    is_admin: z.boolean(),
  })
  .meta({ id: "User" });
export type User = z.infer<typeof user>;

/** The few fields of a sender that every message carries. */
export const sender = user
  .pick({ id: true, username: true, display_name: true, kind: true, is_admin: true })
  .meta({ id: "Sender" });
export type Sender = z.infer<typeof sender>;

/** What one sees of oneself, and the host application's backend of anyone. */
export const ownUser = z
  .object({
    ...user.shape,
    external_id: z.string().nullable(),
    is_staff: z.boolean(),
    contact_policy: contactPolicy,
    share_receipts: z.boolean().meta({ description: "Whether others see how far one has read" }),
    share_presence: z.boolean().meta({ description: "Whether others see when one is online" }),
    locale: z.string().nullable(),
    created_at: timestamp,
    deactivated_at: timestamp.nullable(),
  })
  .meta({ id: "OwnUser" });
export type OwnUser = z.infer<typeof ownUser>;

const editableFields = {
  username: z.exactOptional(username),
  display_name: z.exactOptional(displayName),
  avatar_url: z.exactOptional(webUrl.nullable()),
  contact_policy: z.exactOptional(contactPolicy),
  share_receipts: z.exactOptional(z.boolean()),
  share_presence: z.exactOptional(z.boolean()),
  locale: z.exactOptional(locale.nullable()),
};

export const updateMe = z.strictObject({ ...editableFields, slug: z.exactOptional(slug) });
export type UpdateMe = z.infer<typeof updateMe>;

/** The host application's backend says who someone is. */
export const upsertUser = z.strictObject({
  ...editableFields,
  slug: z.exactOptional(slug),
  kind: z.exactOptional(z.enum(["human", "agent"])),
  is_admin: z.exactOptional(z.boolean()),
  is_staff: z.exactOptional(z.boolean()),
  deactivated: z.exactOptional(z.boolean()).meta({ description: "true locks the user out; false lets them in again" }),
});
export type UpsertUser = z.infer<typeof upsertUser>;

/** An administrator says what somebody is here. */
export const administerUser = z.strictObject({
  display_name: z.exactOptional(displayName),
  is_admin: z.exactOptional(z.boolean()),
  is_staff: z.exactOptional(z.boolean()),
  deactivated: z.exactOptional(z.boolean()).meta({ description: "true locks the user out; false lets them in again" }),
});
export type AdministerUser = z.infer<typeof administerUser>;
