import * as z from "zod";
import { isStorableText, line, text } from "./text.ts";

/** Bounds of the wire. The server may be configured to smaller ones, never to larger. */
export const LIMITS = {
  title: 255,
  description: 2_000,
  content: 10_000,
  attachments: 30,
  groupMembers: 10_000,
  /** Nesting of JSON values. */
  jsonDepth: 32,
  /** Characters of `metadata` as JSON. */
  metadata: 16_384,
  pageDefault: 50,
  pageMax: 100,
  /** Users one socket may watch, and one presence request may ask for. */
  watchedUsers: 200,
  /** Conversations one `resume` may name, and one page of `resumed` lists. */
  resumedConversations: 500,
  /** Changes a `resume` replays per conversation before it says `reset`. */
  replayedChanges: 500,
  /** Bytes of a request body or a socket frame. */
  body: 1_048_576,
} as const;

// Lower-cased, so that one id is one string wherever it is compared.
export const uuid = z.uuid().toLowerCase();

/** A time as the service writes it: ISO 8601 in UTC. */
export const timestamp = z.iso.datetime();

const LATEST = Date.parse("9999-12-31T23:59:59.999Z");

/** A time as a client may write it: ISO 8601 with `Z` or an offset, from 1970 to 9999. */
export const timestampInput = z.iso
  .datetime({ offset: true, error: "Must be a time in ISO 8601, like 2026-03-01T09:30:00Z" })
  .check((context) => {
    const at = Date.parse(context.value);
    if (at >= 0 && at <= LATEST) return;
    context.issues.push({ code: "custom", message: "Must be a time between 1970 and 9999", input: context.value });
  });

/** A place in a conversation: a seq, a version, an ordinal or a head. */
export const seq = z.int().min(0);

export const count = z.int().min(0);

/** A whole number in a query string: digits and nothing else, so that `1e3`, ` 5` and `0x10` are refused. */
export function digits({ min = 0, max = Number.MAX_SAFE_INTEGER }: { min?: number; max?: number } = {}) {
  return z
    .string()
    .transform((value, context) => {
      const number = /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN;
      if (number >= min && number <= max) return number;
      context.issues.push({
        code: "custom",
        message:
          max === Number.MAX_SAFE_INTEGER
            ? `Must be a whole number, ${min} or more`
            : `Must be a whole number from ${min} to ${max}`,
        input: value,
      });
      return z.NEVER;
    })
    .meta({ type: "integer", minimum: min, maximum: max });
}

/** `true` or `false` in a query string. */
export const flag = z
  .enum(["true", "false"], { error: "Must be true or false" })
  .transform((value) => value === "true")
  .meta({ type: "boolean" });

export const cursor = z
  .string()
  .regex(/^[\w.~=-]{1,512}$/, { error: "Must be a cursor from an earlier answer" })
  .meta({ description: "Opaque: the `next_cursor` (or `prev_cursor`, `through`) of an earlier answer" });

/** Fields of every list's query. */
export const pageFields = {
  limit: digits({ min: 1, max: LIMITS.pageMax })
    .default(LIMITS.pageDefault)
    .meta({ description: `Default ${LIMITS.pageDefault}` }),
  cursor: z.exactOptional(cursor),
};

export const pageQuery = z.object(pageFields);

/** A page of a list; `next_cursor` is null on the last one. */
export function page<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next_cursor: z.string().nullable() });
}

export interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

export const title = line({ max: LIMITS.title });
export const description = text({ min: 0, max: LIMITS.description });
export const content = text({ max: LIMITS.content });
/** For messages whose attachments may speak alone. */
export const contentOrEmpty = text({ min: 0, max: LIMITS.content });
export const displayName = line({ max: 255 });
export const searchText = line({ max: 256 });
export const externalId = line({ max: 255 });
export const locale = z.string().regex(/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$/, {
  error: "Must be a language tag, like en or pt-BR",
});
export const epoch = z.string().regex(/^[\w-]{1,64}$/, { error: "Must be an epoch from an earlier answer" });

export const slug = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,79}$/, {
  error: "Must be 1 to 80 of a-z, 0-9, - and _, starting with a letter or digit",
});

/** What stands behind an @. Ends in a letter, digit or underscore, so that "@ada." at the end of a sentence is ada. */
export const username = z.string().regex(/^[a-z0-9_](?:[a-z0-9_.-]{0,62}[a-z0-9_])?$/, {
  error: "Must be 1 to 64 of a-z, 0-9, _, . and -, not starting or ending with . or -",
});

export const webUrl = z
  .url({ protocol: /^https?$/, error: "Must be an http or https address" })
  .max(2_048, { error: "Must have at most 2048 characters" })
  .check((context) => {
    if (isStorableText(context.value)) return;
    context.issues.push({
      code: "custom",
      message: "Must not contain NUL or half of a surrogate pair",
      input: context.value,
    });
  });

/** Why a JSON value cannot be stored, or undefined. `depth` is how deep it may still nest. */
function jsonProblem(value: unknown, depth: number): string | undefined {
  if (typeof value === "string") {
    return isStorableText(value) ? undefined : "Must not contain NUL or half of a surrogate pair in any text";
  }
  if (typeof value !== "object" || value === null) return undefined;
  if (depth === 0) return `Must not nest deeper than ${LIMITS.jsonDepth}`;
  for (const [key, inner] of Object.entries(value)) {
    if (!isStorableText(key)) return "Must not contain NUL or half of a surrogate pair in any key";
    const message = jsonProblem(inner, depth - 1);
    if (message !== undefined) return message;
  }
  return undefined;
}

/** A JSON object of the client's own, bounded in depth and size. */
export const metadata = z
  .record(z.string(), z.unknown())
  .check((context) => {
    const message =
      jsonProblem(context.value, LIMITS.jsonDepth) ??
      (JSON.stringify(context.value).length > LIMITS.metadata
        ? `Must have at most ${LIMITS.metadata} characters as JSON`
        : undefined);
    if (message !== undefined) context.issues.push({ code: "custom", message, input: context.value });
  })
  .meta({
    description: `A JSON object: at most ${LIMITS.metadata} characters, nested at most ${LIMITS.jsonDepth} deep`,
  });

export const storedMetadata = z.record(z.string(), z.unknown());
export type Metadata = z.infer<typeof storedMetadata>;

// Set notation of the v flag is beyond the syntax of our build target, but not of any supported runtime.
const EMOJI = new RegExp("^\\p{RGI_Emoji}$", "v");
/** `:name:`, with a skin tone as Slack writes it: `:wave::skin-tone-3:`. */
const EMOJI_NAME = /^:[\p{L}\p{N}_+'.-]{1,64}(?:::skin-tone-[2-6])?:$/u;

/** One real emoji (RGI, with its variation selector) or a custom one by `:name:`. */
export const reaction = z
  .string()
  .check((context) => {
    const { value } = context;
    // The bound keeps the emoji expression from long inputs: the longest RGI sequence has 15 units, names 80.
    if (value.length <= 100 && (EMOJI.test(value) || EMOJI_NAME.test(value))) return;
    context.issues.push({
      code: "custom",
      message: "Must be one emoji, or the name of one like :party_parrot:",
      input: value,
    });
  })
  .meta({ description: "One emoji, or `:name:`", maxLength: 100 });

export const idParams = {
  conversation_id: uuid,
  message_id: uuid,
  user_id: uuid,
  space_id: uuid,
  agent_id: uuid,
  token_id: uuid,
};
