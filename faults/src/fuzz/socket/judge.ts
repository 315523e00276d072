import { errorFrame, OK_DATA, reply as replySchema, serverEvent, type CommandType } from "@parley/protocol";
import type { Field } from "../field.ts";
import { count, countTime, countTopic } from "../tally.ts";
import { noteMessage, type Person } from "../world.ts";
import type { SocketInput } from "./make.ts";

interface Waiting {
  readonly input: SocketInput;
  readonly sentAt: number;
}

/** What a session knows of what it has sent. */
export interface Session {
  readonly field: Field;
  readonly actor: Person;
  readonly waiting: Map<string, Waiting>;
  readonly answered: Set<string>;
  invalidFrames: number;
  isConnected: boolean;
  wake: () => void;
}

/** Codes that only HTTP has. */
const NOT_HERE = new Set(["method_not_allowed", "unsupported_media_type", "internal"]);

/** What comes beside the answers; most of it is not worth parsing. */
export const AN_EVENT = /^\{"type":"[a-z]+\.[a-z]+"/;

/** Looks at what the service has sent to a session. */
export function hear(session: Session, text: string): void {
  const { tally, random } = session.field;
  if (AN_EVENT.test(text)) {
    tally.events += 1;
    if (random.chance(0.01)) judgeEvent(session, text);
    return;
  }
  const value: unknown = parse(text);
  const { type, id } = (value ?? {}) as { type?: unknown; id?: unknown };
  if (type === "connected") session.isConnected = true;
  if (type === "changes") return;
  const waiting = typeof id === "string" ? session.waiting.get(id) : undefined;
  if (waiting) {
    session.waiting.delete(String(id));
    countTime(tally, performance.now() - waiting.sentAt);
  }
  if (typeof id === "string" && session.answered.has(id))
    session.field.findings.add({
      signature: "answered twice",
      text: `a command is answered twice: ${text.slice(0, 600)}`,
    });
  else if (waiting) session.answered.add(String(id));
  judgeReply(session, value, text, waiting?.input);
  session.wake();
}

function judgeEvent({ field: { findings } }: Session, text: string): void {
  const result = serverEvent.safeParse(parse(text));
  if (!result.success)
    findings.add({
      signature: `event ${result.error.message}`,
      text: `an event is not as documented: ${result.error.message}\n${text.slice(0, 500)}`,
    });
}

const ANSWERS: Partial<Record<CommandType, string>> = { ping: "pong", resume: "resumed", authenticate: "connected" };

function judgeReply(session: Session, value: unknown, text: string, input: SocketInput | undefined): void {
  const { tally, findings, random, world } = session.field;
  const fault = (what: string): void =>
    findings.add({
      signature: `reply ${input?.type} ${what}`,
      text: `a command${input ? ` ${input.type} (${input.how})` : ""} is answered ${what}: ${text.slice(0, 600)}`,
      ...(input ? { socket: input, token: session.actor.token } : {}),
    });
  const { type, data } = (value ?? {}) as { type?: string; data?: unknown };
  if (type === "error") {
    const read = errorFrame.safeParse(value);
    if (!read.success) return fault("with an error that is not as documented");
    const { code } = read.data.data;
    count(tally.replies, code);
    if (input?.type) countTopic(tally, input.type, false);
    if (code === "overloaded") tally.overloads += 1;
    else if (code === "invalid_frame") session.invalidFrames += 1;
    if (NOT_HERE.has(code)) fault(`with ${code}`);
    return undefined;
  }
  count(tally.replies, type ?? "?");
  if (input?.type) {
    countTopic(tally, input.type, true);
    if (type !== (ANSWERS[input.type] ?? "ok")) return fault(`with ${type}`);
  }
  if (text.length > 4_096 && !random.chance(0.1)) return undefined;
  const read = replySchema.safeParse(value);
  if (!read.success) return fault(`with something that is not documented (${read.error.message})`);
  if (type !== "ok" || input?.type === undefined) return undefined;
  const own = (OK_DATA as Partial<Record<CommandType, (typeof OK_DATA)[keyof typeof OK_DATA]>>)[input.type]?.safeParse(
    data,
  );
  if (own?.success === false) return fault(`with something else than documented (${own.error.message})`);
  if (input.type === "send_message") noteMessage(world, (data as { message?: object }).message ?? {}, session.actor);
  return undefined;
}

export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
