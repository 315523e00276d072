import * as z from "zod";

// `isWellFormed` is ES2024: in every supported runtime, but not yet in the type library that we build against.
interface WellFormedString {
  isWellFormed(): boolean;
}

/** Whether a text can be stored and sent as it is: PostgreSQL takes no NUL, and UTF-8 knows no lone surrogates. */
export function isStorableText(text: string): boolean {
  return !text.includes("\0") && (text as unknown as WellFormedString).isWellFormed();
}

/** Whether a text has more than `max` characters (code points). Scans only where the answer is not plain from the length. */
export function isLongerThan(text: string, max: number): boolean {
  // A character is one or two UTF-16 units, so most texts are decided by their length alone.
  if (text.length <= max) return false;
  if (text.length > max * 2) return true;
  let count = 0;
  for (const _ of text) if (++count > max) return true;
  return false;
}

/** Why `text` is refused, or undefined. */
export function textProblem(text: string, min: number, max: number): string | undefined {
  if (text.length < min) return min === 1 ? "Must not be empty" : `Must have at least ${min} characters`;
  if (isLongerThan(text, max)) return `Must have at most ${max} characters`;
  if (text.includes("\0")) return "Must not contain the NUL character (U+0000)";
  if (!isStorableText(text)) return "Must not contain half of a surrogate pair (invalid Unicode)";
  return undefined;
}

export interface TextLimits {
  /** Characters (code points); default 1. */
  min?: number;
  /** Characters (code points). */
  max: number;
}

/** A text of `min` to `max` characters without NUL and lone surrogates, checked in one pass. */
export function text({ min = 1, max }: TextLimits) {
  return z
    .string()
    .check((context) => {
      const message = textProblem(context.value, min, max);
      if (message !== undefined) context.issues.push({ code: "custom", message, input: context.value });
    })
    .meta({ minLength: min, maxLength: max });
}

/** The same for names and titles: white space around it is cut off first, so that it cannot be blank. */
export function line({ min = 1, max }: TextLimits) {
  return z
    .string()
    .trim()
    .check((context) => {
      const message = textProblem(context.value, min, max);
      if (message !== undefined) context.issues.push({ code: "custom", message, input: context.value });
    })
    .meta({ minLength: min, maxLength: max });
}
