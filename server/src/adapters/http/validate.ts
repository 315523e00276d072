import { ParleyError, invalid, isStorableText, type FieldError } from "@parley/protocol";
import type * as z from "zod";
import { UNREADABLE_QUERY } from "./query-string.ts";
import { UNSTORABLE } from "./request-body.ts";

export type Place = "params" | "query" | "body";

/** Named at most; whoever sends a thousand mistakes has made one. */
const MOST_ERRORS = 20;

/** What came, checked and brought into shape by the endpoint's schema. Throws `validation_failed` with every place that is wrong. */
export function validate(place: Place, schema: z.ZodType | undefined, value: unknown): unknown {
  if (schema === undefined) return undefined;
  if (place !== "body") requireReadableTexts(place, value as Readonly<Record<string, unknown>>);
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  if (place === "body" && value === undefined) throw invalid("body", "Must be a JSON object");
  throw toParleyError(place, result.error.issues);
}

/** Bodies have been looked at while they were parsed. */
function requireReadableTexts(place: Place, values: Readonly<Record<string, unknown>>): void {
  if (values === UNREADABLE_QUERY) throw invalid(place, "Must be percent-encoded UTF-8");
  for (const [key, value] of Object.entries(values)) {
    const texts = Array.isArray(value) ? value : [value];
    if (texts.every((text) => typeof text !== "string" || isStorableText(text))) continue;
    throw invalid(`${place}.${isStorableText(key) ? key : "?"}`, UNSTORABLE);
  }
}

function toParleyError(place: Place, issues: readonly z.core.$ZodIssue[]): ParleyError {
  const errors = issues.slice(0, MOST_ERRORS).flatMap((issue) => fieldErrors(place, issue));
  const [first] = errors;
  const others = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  return new ParleyError("validation_failed", { detail: `${first?.path}: ${first?.message}${others}`, errors });
}

function fieldErrors(place: Place, issue: z.core.$ZodIssue): FieldError[] {
  const path = [place, ...issue.path.map(String)].join(".");
  if (issue.code !== "unrecognized_keys") return [{ path, message: issue.message }];
  return issue.keys
    .slice(0, MOST_ERRORS)
    .map((key) => ({ path: `${path}.${key}`, message: "Is not a field of this request" }));
}
