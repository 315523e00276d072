import { createRandom } from "../random.ts";
import type { Leftovers } from "../stand/leftovers.ts";
import { pause } from "./deferred.ts";
import type { Field } from "./field.ts";
import { createFindings, type Finding, type Findings } from "./findings.ts";
import { runHttpLane } from "./http/lane.ts";
import { createHttpMaker } from "./http/make.ts";
import { leaksIn, type Sample } from "./memory.ts";
import { startFuzzed, type FuzzedService } from "./service.ts";
import { shrink } from "./shrink.ts";
import { runSocketLane } from "./socket/lane.ts";
import { createSocketMaker } from "./socket/make.ts";
import { setStage } from "./stage.ts";
import { createTally, type Tally } from "./tally.ts";

export interface FuzzOptions {
  readonly inputs: number;
  readonly seed: number;
  readonly only?: "http" | "socket" | undefined;
  readonly minutes?: number | undefined;
  /** Path of the server's main.js. */
  readonly main: string;
  /** The service is one of them. */
  readonly leftovers?: Leftovers | undefined;
  /** Ends with the first finding. */
  readonly stopsEarly?: boolean;
  readonly onFinding?: (finding: Finding, url: string) => void;
  readonly onProgress?: (progress: Progress) => void;
}

export interface Progress {
  readonly sent: number;
  readonly seconds: number;
  readonly tally: Tally;
  readonly sample: Sample | undefined;
  readonly findings: number;
}

export interface FuzzResult {
  readonly seed: number;
  readonly sent: number;
  readonly seconds: number;
  readonly tally: Tally;
  readonly samples: readonly Sample[];
  readonly findings: Findings;
  readonly warnings: Readonly<Record<string, number>>;
}

/** So many inputs to one world. */
const WORLD_INPUTS = 10_000;
/** Few would not show whether the memory grows. */
const LEAST_ROUNDS = 6;
const SAMPLES = 40;
const HTTP_LANES = 14;
const SOCKET_LANES = 10;
const QUIET_LIMIT_MS = 15_000;
/** Of findings to be told in few words. */
const MOST_SHRUNK = 10;

/** Sends that many inputs to a service of its own, and looks at every answer, the log, the memory and the connections. */
export async function runFuzz(options: FuzzOptions): Promise<FuzzResult> {
  const { inputs, seed, minutes = Number.POSITIVE_INFINITY, stopsEarly = false, main, onFinding, onProgress } = options;
  await using service = await startFuzzed(main, options.leftovers);
  const findings = createFindings((finding) => onFinding?.(finding, service.url));
  const tally = createTally();
  const samples: Sample[] = [];
  const play = await createRounds(options, service);
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1_000;
  const isTimeOver = (): boolean => service.hasExited || seconds() > minutes * 60 || (stopsEarly && findings.total > 0);
  const rounds = Math.max(LEAST_ROUNDS, Math.ceil(inputs / WORLD_INPUTS));
  const sampleEvery = Math.max(1, Math.floor(rounds / SAMPLES));
  let sent = 0;
  for (let round = 1; round <= rounds; round += 1) {
    const goal = Math.ceil((inputs * round) / rounds);
    const claim = (): boolean => {
      if (isTimeOver() || sent >= goal) return false;
      sent += 1;
      return true;
    };
    await play(round, { port: service.port, tally, findings, claim });
    noteComplaints(service, findings, tally);
    if (service.hasExited) break;
    await waitForQuiet(service, findings);
    if (service.hasExited) break;
    const isLast = round === rounds || isTimeOver();
    if (isLast || round % sampleEvery === 0) {
      // One that is ending cannot be looked into; its log says why.
      const measured = await service.measure().catch(() => undefined);
      if (!measured) break;
      samples.push({ inputs: sent, ...measured });
    }
    onProgress?.({ sent, seconds: seconds(), tally, sample: samples.at(-1), findings: findings.total });
    if (isLast) break;
  }
  const took = seconds();
  await checkLife(service, findings, tally);
  if (samples.at(-1)?.inputs !== sent)
    findings.add({ signature: "unseen", text: "the service could not be looked into at the end" });
  for (const leak of leaksIn(samples)) findings.add({ signature: leak.replaceAll(/\d+/g, "…"), text: leak });
  if (!service.hasExited) await tellShort(service, findings, onFinding);
  return { seed, sent, seconds: took, tally, samples, findings, warnings: Object.fromEntries(service.warnings) };
}

type PlayRound = (round: number, field: Omit<Field, "world" | "random">) => Promise<void>;

/** A round has a world of its own, and ends when no inputs are left for it and everybody has gone. */
async function createRounds({ seed, only }: FuzzOptions, { url, mint, badTokens }: FuzzedService): Promise<PlayRound> {
  const random = createRandom(seed);
  const [makeHttp, makeSocket] = [createHttpMaker(), createSocketMaker()];
  const tokens = await badTokens();
  return async (round, shared) => {
    const own = random.fork(`round ${round}`);
    const world = await setStage({ url, mint, badTokens: tokens });
    const field = (lane: string): Field => ({ ...shared, world, random: own.fork(lane) });
    await Promise.all([
      ...lanes(only === "socket" ? 0 : HTTP_LANES, (lane) => runHttpLane(field(`http ${lane}`), makeHttp)),
      ...lanes(only === "http" ? 0 : SOCKET_LANES, (lane) => runSocketLane(field(`socket ${lane}`), makeSocket)),
    ]);
  };
}

function lanes(count: number, run: (lane: number) => Promise<void>): Promise<void>[] {
  return Array.from({ length: count }, (_, lane) => run(lane));
}

/** What the service has said of itself that it should never have to say. Work in the background may be refused under load like any other. */
function noteComplaints({ takeComplaints }: FuzzedService, findings: Findings, tally: Tally): void {
  for (const line of takeComplaints()) {
    const { err, msg } = parseLine(line);
    if (err?.code === "overloaded") {
      tally.overloads += 1;
      continue;
    }
    findings.add({
      signature: `log ${msg ?? line.slice(0, 60)} ${err?.message?.replaceAll(/\d+/g, "…") ?? ""}`,
      text: `the service's log says: ${msg ?? ""} ${err?.stack ?? line}\n  ${line.slice(0, 400)}`,
    });
  }
}

function parseLine(line: string): { err?: { code?: string; message?: string; stack?: string }; msg?: string } {
  try {
    return JSON.parse(line) as ReturnType<typeof parseLine>;
  } catch {
    return {};
  }
}

/** Until all sockets and streams have been let go: nobody is there any more. */
async function waitForQuiet(service: FuzzedService, findings: Findings): Promise<void> {
  const deadline = performance.now() + QUIET_LIMIT_MS;
  for (;;) {
    const text = await fetch(`${service.url}/metrics`, { signal: AbortSignal.timeout(QUIET_LIMIT_MS) }).then(
      (response) => response.text(),
      () => undefined,
    );
    // Gone: that is told elsewhere.
    if (text === undefined) return;
    const open = [...text.matchAll(/^(parley_(?:sockets|event_streams)) ([1-9]\d*)$/gm)].map(
      ([, name, value]) => `${name} ${value}`,
    );
    if (open.length === 0) return;
    if (performance.now() > deadline) {
      findings.add({
        signature: "not let go",
        text: `everybody has gone, but the service still counts ${open.join(" and ")}`,
      });
      return;
    }
    await pause(20);
  }
}

async function checkLife(service: FuzzedService, findings: Findings, tally: Tally): Promise<void> {
  for (const path of ["/healthz", "/readyz"]) {
    const status = await fetch(`${service.url}${path}`, { signal: AbortSignal.timeout(QUIET_LIMIT_MS) }).then(
      (response) => response.status,
      () => 0,
    );
    if (status !== 200) findings.add({ signature: `${path} ${status}`, text: `${path} answers ${status} at the end` });
  }
  noteComplaints(service, findings, tally);
}

async function tellShort(
  service: FuzzedService,
  { kinds }: Findings,
  onFinding: FuzzOptions["onFinding"],
): Promise<void> {
  for (const { http, text, signature } of kinds.slice(0, MOST_SHRUNK)) {
    if (!http) continue;
    const smaller = await shrink(http, service.port);
    if (smaller && smaller.bytes.length < http.bytes.length)
      onFinding?.({ signature, text: `in short: ${text}`, http: smaller }, service.url);
  }
}
