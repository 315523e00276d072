import * as z from "zod";
import { role } from "./member.ts";
import { count, description, slug, timestamp, title, uuid } from "./primitives.ts";
import { user } from "./user.ts";

export const space = z
  .object({
    id: uuid,
    slug: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    member_count: count,
    role: role.nullable().meta({ description: "The caller's role; null for staff who are not members" }),
    created_by: uuid.nullable(),
    created_at: timestamp,
  })
  .meta({ id: "Space" });
export type Space = z.infer<typeof space>;

export const spaceMember = z
  .object({ space_id: uuid, user_id: uuid, role, joined_at: timestamp, user })
  .meta({ id: "SpaceMember" });
export type SpaceMember = z.infer<typeof spaceMember>;

export const createSpace = z.strictObject({
  name: title,
  slug,
  description: z.exactOptional(description.nullable()),
});
export type CreateSpace = z.infer<typeof createSpace>;

export const updateSpace = z.strictObject({
  name: z.exactOptional(title),
  slug: z.exactOptional(slug),
  description: z.exactOptional(description.nullable()),
});
export type UpdateSpace = z.infer<typeof updateSpace>;
