import * as z from "zod";
import { message } from "./message.ts";
import { pageFields } from "./primitives.ts";

/** A place in a conversation as a client names it. */
export type MessageAnchor = { kind: "seq"; seq: number } | { kind: "id"; id: string } | { kind: "time"; time: string };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const TIME = z.iso.datetime({ offset: true });

function parseAnchor(value: string): MessageAnchor | undefined {
  if (/^\d{1,16}$/.test(value)) {
    const seq = Number(value);
    return Number.isSafeInteger(seq) ? { kind: "seq", seq } : undefined;
  }
  if (UUID.test(value)) return { kind: "id", id: value.toLowerCase() };
  const at = TIME.safeParse(value).success ? Date.parse(value) : Number.NaN;
  return at >= 0 ? { kind: "time", time: new Date(at).toISOString() } : undefined;
}

/** `before`, `after` and `around`: digits are a seq, a UUID is an id, else it is a time. */
export const messageAnchor = z
  .string()
  .transform((value, context): MessageAnchor => {
    const anchor = parseAnchor(value);
    if (anchor) return anchor;
    context.issues.push({
      code: "custom",
      message: "Must be a seq (digits), the id of a message, or a time in ISO 8601 from 1970 on",
      input: value,
    });
    return z.NEVER;
  })
  .meta({ description: "A seq (digits), the id of a message, or a time in ISO 8601", examples: ["118"] });

const anchorFields = {
  ...pageFields,
  before: z.exactOptional(messageAnchor).meta({ description: "Only messages before this place, which is left out" }),
  after: z.exactOptional(messageAnchor).meta({ description: "Only messages after this place, which is left out" }),
  around: z.exactOptional(messageAnchor).meta({ description: "The messages on both sides of this place, with it" }),
};

function checkOneAnchor(context: z.core.ParsePayload<z.infer<z.ZodObject<typeof anchorFields>>>): void {
  const { cursor, before, after, around } = context.value;
  const given = [cursor, before, after, around].filter((anchor) => anchor !== undefined);
  if (given.length <= 1) return;
  context.issues.push({
    code: "custom",
    path: ["cursor"],
    message: "Give at most one of cursor, before, after and around",
    input: context.value,
  });
}

export const messageListQuery = z
  .object({
    ...anchorFields,
    threads: z.enum(["all", "roots"]).default("all").meta({ description: "`roots` leaves the replies of threads out" }),
  })
  .check(checkOneAnchor);
export type MessageListQuery = z.infer<typeof messageListQuery>;

export const threadQuery = z.object(anchorFields).check(checkOneAnchor);
export type ThreadQuery = z.infer<typeof threadQuery>;

/** Newest first, always. `next_cursor` leads to older messages, `prev_cursor` to newer ones. */
export const messagePage = z
  .object({ items: z.array(message), next_cursor: z.string().nullable(), prev_cursor: z.string().nullable() })
  .meta({ id: "MessagePage" });
export type MessagePage = z.infer<typeof messagePage>;

export const threadPage = z.object({ root: message, ...messagePage.shape }).meta({ id: "ThreadPage" });
export type ThreadPage = z.infer<typeof threadPage>;
