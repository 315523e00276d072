import * as z from "zod";
import { timestamp } from "./primitives.ts";
import { user } from "./user.ts";

/** Somebody whom one does not want to hear from. */
export const block = z.object({ user, blocked_at: timestamp }).meta({ id: "Block" });
export type Block = z.infer<typeof block>;
