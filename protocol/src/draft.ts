import * as z from "zod";
import { content, timestamp, uuid } from "./primitives.ts";

export const draft = z
  .object({ conversation_id: uuid, content: z.string(), parent_id: uuid.nullable(), updated_at: timestamp })
  .meta({ id: "Draft" });
export type Draft = z.infer<typeof draft>;

export const putDraft = z.strictObject({ content, parent_id: z.exactOptional(uuid.nullable()) });
export type PutDraft = z.infer<typeof putDraft>;
