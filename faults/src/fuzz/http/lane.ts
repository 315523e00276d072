import { ANSWER_LIMIT_MS, type Field } from "../field.ts";
import { count, countTime, countTopic } from "../tally.ts";
import { learn } from "../world.ts";
import type { HttpInput } from "./input.ts";
import { judgeHttp, type Verdict } from "./judge.ts";
import { openLine, type Answer, type Line, type Outcome } from "./line.ts";
import type { MakeHttp } from "./make.ts";

const LONGEST_BATCH = 16;

/** Sends inputs over one connection after the other, several at once, and judges what comes back, until none are left. */
export async function runHttpLane(field: Field, make: MakeHttp): Promise<void> {
  const waiting: HttpInput[] = [];
  let line: Line | undefined;
  for (;;) {
    const batch = nextBatch(field, make, waiting);
    if (batch.length === 0) break;
    if (!line || line.isOver) {
      await line?.end();
      line = openLine(field.port);
    }
    const outcomes = await line.exchange(batch, ANSWER_LIMIT_MS);
    take(field, batch, outcomes, waiting);
  }
  await line?.end();
}

/** What ends its connection, or may, is sent alone: it would take the answers of others with it. */
function nextBatch({ world, random, claim }: Field, make: MakeHttp, waiting: HttpInput[]): HttpInput[] {
  const batch = waiting.splice(0, LONGEST_BATCH);
  const most = random.between(1, LONGEST_BATCH);
  while (batch.length < most && claim()) batch.push(make(world, random));
  const alone = batch.findIndex(({ ending }) => ending !== "whole");
  if (alone >= 0 && batch.length > 1) waiting.unshift(...batch.splice(Math.max(1, alone)));
  return batch;
}

function take(field: Field, batch: readonly HttpInput[], outcomes: readonly Outcome[], waiting: HttpInput[]): void {
  let isEnded = false;
  for (const [index, outcome] of outcomes.entries()) {
    const input = batch[index] ?? batch.at(-1);
    if (!input) return;
    if (outcome.answer) {
      judge(field, input, outcome.answer);
      isEnded ||= outcome.answer.headers.get("connection")?.toLowerCase() === "close";
    } else if (outcome.lost === "timeout") {
      field.findings.add({
        signature: `late ${input.endpoint?.id}`,
        text: `${titleOf(input)} was not answered within ${ANSWER_LIMIT_MS / 1_000} s`,
        http: input,
      });
    } else if (input.ending !== "whole") {
      tell(field, input, {}, undefined);
      field.tally.unanswered += 1;
    } else if (isEnded) waiting.push(input);
    else {
      const before = batch[index - 1];
      field.findings.add({
        signature: `dropped ${before?.how}`,
        text: `the connection ended where ${titleOf(input)} was to be answered${before ? `, after ${titleOf(before)}` : ""}`,
        http: before ?? input,
      });
      isEnded = true;
    }
  }
}

function judge(field: Field, input: HttpInput, answer: Answer): void {
  const { random, findings, world } = field;
  const verdict = judgeHttp(input, answer, random.chance(0.1));
  tell(field, input, verdict, answer);
  if (verdict.fault !== undefined) {
    findings.add({
      // Ids and numbers in it would make each another one.
      signature: `${input.endpoint?.id} ${verdict.fault.replaceAll(/[0-9a-f]{8,}-[\w-]+/g, "…")}`,
      text: `${titleOf(input)} ${verdict.fault}`,
      http: input,
    });
  } else if (verdict.body !== undefined && input.endpoint) {
    const isActed = input.parts?.headers.some(([name]) => name === "Parley-Act-As") === true;
    learn(world, input.endpoint.id, verdict.body, isActed ? undefined : input.actor);
  }
}

function tell({ tally }: Field, input: HttpInput, { isOverload, code }: Verdict, answer: Answer | undefined): void {
  tally.http += 1;
  count(tally.hows, `http: ${input.how}`);
  if (!answer) return;
  count(tally.statuses, answer.status);
  if (code) count(tally.httpCodes, code);
  if (isOverload) tally.overloads += 1;
  countTime(tally, answer.ms);
  if (input.endpoint && input.isStrict) countTopic(tally, input.endpoint.id, answer.status < 300);
}

function titleOf({ endpoint, how, parts }: HttpInput): string {
  return `${endpoint?.id ?? "something"} (${how}${parts ? `, ${parts.method} ${parts.target.slice(0, 120)}` : ""})`;
}
