import * as z from "zod";
import { count, uuid, webUrl } from "./primitives.ts";
import { text } from "./text.ts";

export const ATTACHMENT_KINDS = ["image", "file", "audio", "video"] as const;
export const attachmentKind = z.enum(ATTACHMENT_KINDS);
export type AttachmentKind = z.infer<typeof attachmentKind>;

export const attachment = z
  .object({
    id: uuid,
    kind: attachmentKind,
    url: z.string().optional(),
    name: z.string(),
    mimetype: z.string(),
    size: count.meta({ description: "Bytes" }),
    width: count.optional(),
    height: count.optional(),
    duration_ms: count.optional(),
  })
  .meta({ id: "Attachment" });
export type Attachment = z.infer<typeof attachment>;

const mimetype = z
  .string()
  .max(255)
  .regex(/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/, { error: "Must be a media type, like image/png" });

export const attachmentInput = z.strictObject({
  id: z.exactOptional(uuid),
  kind: attachmentKind,
  url: z.exactOptional(webUrl),
  name: text({ max: 255 }),
  mimetype,
  size: count,
  width: z.exactOptional(count),
  height: z.exactOptional(count),
  duration_ms: z.exactOptional(count),
});
export type AttachmentInput = z.infer<typeof attachmentInput>;

const described = { url: z.exactOptional(webUrl), mimetype, size: count };

/** What `metadata` holds where the content type is one of media. Further keys are the client's own. */
export const MEDIA_METADATA = {
  image: z.looseObject({ ...described, width: count, height: count }),
  file: z.looseObject({ ...described, name: text({ max: 255 }) }),
  audio: z.looseObject({ ...described, duration_ms: count }),
  video: z.looseObject({ ...described, duration_ms: count }),
} as const satisfies Record<AttachmentKind, z.ZodType>;
