import * as z from "zod";
import { message } from "./message.ts";
import { timestamp } from "./primitives.ts";

export const savedMessage = z.object({ message, saved_at: timestamp }).meta({ id: "SavedMessage" });
export type SavedMessage = z.infer<typeof savedMessage>;
