import * as z from "zod";
import { timestamp } from "./primitives.ts";

export const CONSENT_TYPES = ["messaging", "media_sharing", "cross_instance"] as const;
export const consentType = z.enum(CONSENT_TYPES);
export type ConsentType = z.infer<typeof consentType>;

export const consent = z
  .object({
    type: consentType,
    granted: z.boolean(),
    updated_at: timestamp.nullable().meta({ description: "null while it stands as granted by default" }),
  })
  .meta({ id: "Consent" });
export type Consent = z.infer<typeof consent>;

export const consents = z.object({ consents: z.array(consent) });
export type Consents = z.infer<typeof consents>;

/** Sets the consents named; the others stay. */
export const setConsents = z.strictObject({
  consents: z
    .array(z.strictObject({ type: consentType, granted: z.boolean() }))
    .min(1)
    .max(CONSENT_TYPES.length),
});
export type SetConsents = z.infer<typeof setConsents>;
