import { ParleyError, type FieldError } from "@parley/protocol";

/** More places than this are not named. */
const NAMED = 20;

/** Throws one `validation_failed` that names all of these places; nothing where there are none. */
export function refuse(errors: readonly FieldError[]): void {
  const [first] = errors;
  if (!first) return;
  throw new ParleyError("validation_failed", { detail: first.message, errors: errors.slice(0, NAMED) });
}
