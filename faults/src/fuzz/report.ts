import { growthOf, megabytes } from "./memory.ts";
import type { FuzzResult, Progress } from "./run.ts";
import { timeOf, type Tally } from "./tally.ts";

/** One line while it goes on. */
export function progressLine({ sent, seconds, tally, sample, findings }: Progress, inputs: number): string {
  const share = ((sent / inputs) * 100).toFixed(0).padStart(3);
  const heap = sample ? megabytes(sample.heap) : "?";
  return `${share} %  ${sent} inputs in ${seconds.toFixed(0)} s (${Math.round(sent / seconds)}/s)  ${deepShare(tally)} % did something  heap ${heap}  ${findings} found`;
}

/** How many of the answers say that something was done or read: the inputs went through all of the service. */
export function deepShare({ statuses, replies }: Tally): string {
  let [done, all] = [0, 0];
  for (const [status, times] of Object.entries(statuses)) {
    all += times;
    if (Number(status) < 300) done += times;
  }
  for (const [reply, times] of Object.entries(replies)) {
    all += times;
    if (["ok", "pong", "resumed", "connected"].includes(reply)) done += times;
  }
  return all === 0 ? "0" : ((done / all) * 100).toFixed(0);
}

/** Everything that it came to, for people. */
export function summary(result: FuzzResult): string {
  const { sent, seconds, tally, samples, findings, warnings } = result;
  const { from, to } = growthOf(samples);
  const last = samples.at(-1);
  const lines = [
    `${sent} inputs in ${seconds.toFixed(0)} s (${Math.round(sent / seconds)}/s): ${tally.http} requests, ${tally.socket} on ${tally.sockets} sockets, ${tally.events} events heard`,
    `answers by status   ${list(byClass(tally.statuses))}`,
    `        by code     ${list(tally.httpCodes)}`,
    `replies on sockets  ${list(tally.replies)}`,
    `sockets ended with  ${list(tally.closes)}`,
    `did something       ${deepShare(tally)} %; never: ${neverDone(tally).join(", ") || "none"}`,
    `answered within     ${timeOf(tally, 0.5)} ms (half), ${timeOf(tally, 0.99)} ms (99 %), ${tally.slowestMs.toFixed(0)} ms (all)`,
    `overload refusals   ${tally.overloads}; without an answer, as expected: ${tally.unanswered}`,
    `heap                ${megabytes(from)} after the warm-up, ${megabytes(to)} at the end; resident ${megabytes(last?.resident ?? 0)}`,
    `at the end          ${last?.files ?? "?"} open files, ${last?.databaseConnections ?? "?"} database connections (after the first inputs ${samples[0]?.files}, ${samples[0]?.databaseConnections})`,
  ];
  if (Object.keys(warnings).length > 0) lines.push(`warnings in the log ${list(warnings)}`);
  lines.push(`${findings.total} findings${findings.total > 0 ? ` of ${findings.kinds.length} kinds` : ""}`);
  for (const { text, times } of findings.kinds) lines.push(`  ${times} ×  ${text.split("\n")[0]?.slice(0, 220)}`);
  return lines.join("\n");
}

export function byClass(statuses: Readonly<Record<string, number>>): Record<string, number> {
  const classes: Record<string, number> = {};
  for (const [status, times] of Object.entries(statuses)) {
    const name = Number(status) >= 100 ? `${status[0]}xx` : "none";
    classes[name] = (classes[name] ?? 0) + times;
  }
  return classes;
}

/** Endpoints and commands that were sent but never did anything: those that the inputs do not reach. */
export function neverDone({ topics }: Tally): string[] {
  return Object.entries(topics)
    .filter(([, { sent, done }]) => sent > 20 && done === 0)
    .map(([topic]) => topic);
}

export function sorted(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).toSorted(([, a], [, b]) => b - a));
}

function list(counts: Readonly<Record<string, number>>): string {
  return Object.entries(sorted(counts))
    .map(([name, times]) => `${name} ${times}`)
    .join(", ");
}
