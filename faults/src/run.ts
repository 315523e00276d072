import { castClients, type Cast } from "./cast.ts";
import type { Violation } from "./checker/facts.ts";
import { Journal, type Note } from "./client/journal.ts";
import { FAULTS, type Fault } from "./faults.ts";
import { inspect, inspectAll, waitForAll } from "./inspection.ts";
import { createRandom, type Random } from "./random.ts";
import type { Leftovers } from "./stand/leftovers.ts";
import { StandError } from "./stand/node-process.ts";
import { setUpStand, type DatabaseKind, type Stand } from "./stand/stand.ts";

/** How long the service may take to be back with all its clients, once nothing disturbs it any more. */
const RECOVERY_LIMIT_MS = 60_000;
const ROUNDS_PER_SCENE = 4;

export interface RunOptions {
  readonly seed: number;
  readonly rounds: number;
  readonly kind: DatabaseKind;
  /** Path of the server's main.js. */
  readonly main: string;
  /** Faults to choose from; default all that the stand allows. */
  readonly only?: readonly string[];
  /** Goes on after a violation. */
  readonly keepsGoing?: boolean;
  /** Does not wait, at the end, for scheduled messages whose sender was killed, which takes a minute. */
  readonly isBrief?: boolean;
  readonly leftovers?: Leftovers;
  readonly onRound?: (result: RoundResult) => void;
  readonly onExcuse?: (fault: string, reason: string) => void;
}

export interface RoundResult {
  readonly round: number;
  readonly kind: DatabaseKind;
  readonly faults: readonly string[];
  /** Sends acknowledged in it, and all events heard. */
  readonly acked: number;
  readonly heard: number;
  /** From the end of the faults until every client had everything. */
  readonly recoveryMs: number;
  /** What was waited for meanwhile, second by second. */
  readonly waitedFor: readonly string[];
  readonly violations: readonly Violation[];
  readonly notes: readonly Note[];
}

export interface RunResult {
  readonly rounds: readonly RoundResult[];
  /** Found when everything was looked at once more. */
  readonly atTheEnd: readonly Violation[];
  readonly scheduled: number;
  /** How often connections of clients ended, by close code. */
  readonly ends: Readonly<Record<number, number>>;
  readonly seconds: number;
}

/** One service, its database and its clients through all rounds: what a round leaves behind, the next ones live with. */
export async function runFaults(options: RunOptions): Promise<RunResult> {
  const began = performance.now();
  const random = createRandom(options.seed).fork(options.kind);
  const journal = new Journal();
  await using stand = await setUpStand(options);
  const names = available(stand, options);
  const cast = await castClients(stand, random, journal);
  const rounds: RoundResult[] = [];
  try {
    for (let round = 1; round <= options.rounds; round += 1) {
      if (round > 1 && round % ROUNDS_PER_SCENE === 1) await cast.changeScene();
      const faults = chooseFaults(names, round, random.fork(`round ${round}`));
      const result = await playRound(
        { stand, cast, journal, random: random.fork(`round ${round}, faults`) },
        round,
        faults,
      );
      rounds.push(result);
      options.onRound?.(result);
      if (result.violations.length > 0 && options.keepsGoing !== true) break;
    }
    const isSound = rounds.every(({ violations }) => violations.length === 0);
    const atTheEnd = isSound && options.isBrief !== true ? await inspectAll(cast, stand.databaseUrl) : [];
    const scheduled = cast.scenes
      .flatMap(({ ledger }) => [...ledger.sends.values()])
      .filter(({ isScheduled }) => isScheduled).length;
    return { rounds, atTheEnd, scheduled, ends: endsOf(cast), seconds: (performance.now() - began) / 1_000 };
  } finally {
    await stand.heal();
    await Promise.all(cast.clients.map((client) => client.stop()));
  }
}

function available(stand: Stand, { only, onExcuse }: RunOptions): string[] {
  return Object.entries(FAULTS).flatMap(([name, fault]) => {
    if (only && !only.includes(name)) return [];
    const reason = fault.excuse?.(stand);
    if (reason !== undefined) onExcuse?.(name, reason);
    return reason === undefined ? [name] : [];
  });
}

/** Each fault alone first, then two or three at once. */
function chooseFaults(names: readonly string[], round: number, random: Random): string[] {
  const alone = names[round - 1];
  if (alone !== undefined) return [alone];
  const chosen = new Set(Array.from({ length: random.between(1, 3) }, () => random.pick(names)));
  return [...chosen];
}

interface Play {
  readonly stand: Stand;
  readonly cast: Cast;
  readonly journal: Journal;
  readonly random: Random;
}

async function playRound(
  { stand, cast, journal, random }: Play,
  round: number,
  faults: readonly string[],
): Promise<RoundResult> {
  const count = (): number => [...cast.scene.ledger.sends.values()].filter(({ outcome }) => outcome === "acked").length;
  const [ackedBefore, heardBefore] = [count(), cast.scene.ledger.sightings.length];
  for (const actor of cast.actors) actor.start();
  await pause(150);
  const broken = await Promise.all(
    faults.map((name) => breakSomething(name, { stand, cast, journal, random: random.fork(name) })),
  );
  await pause(200);
  await stand.heal();
  journal.note({ who: "harness", text: "everything works again" });
  const healed = performance.now();
  await Promise.all(cast.actors.map((actor) => actor.stop()));
  const { late, waitedFor } = await waitForAll(cast, () => stand.databaseUrl, RECOVERY_LIMIT_MS);
  const recoveryMs = Math.round(performance.now() - healed);
  stand.clientLink.sweep();
  stand.databaseLink?.sweep();
  const violations = [
    ...broken.flat(),
    ...deaths(stand),
    ...troubles(cast),
    ...late.map((text): Violation => ({ invariant: "L", text })),
  ];
  if (late.length === 0) violations.push(...(await inspect(cast, stand.databaseUrl)));
  const { sightings } = cast.scene.ledger;
  return {
    round,
    kind: stand.kind,
    faults,
    acked: count() - ackedBefore,
    heard: sightings.length - heardBefore,
    recoveryMs,
    waitedFor,
    violations,
    notes: violations.length > 0 ? [...journal.notes] : [],
  };
}

async function breakSomething(name: string, { stand, cast, journal, random }: Play): Promise<Violation[]> {
  await pause(random.between(0, 300));
  journal.note({ who: "harness", text: `${name} begins` });
  try {
    await (FAULTS[name] as Fault).run({ stand, clients: cast.clients, actors: cast.actors, random });
  } catch (error) {
    if (error instanceof StandError) throw error;
    const text = `${name}: ${error instanceof Error ? error.message : String(error)}`;
    journal.note({ who: "harness", text: `${name} fails` });
    return [{ invariant: "L", text }];
  }
  journal.note({ who: "harness", text: `${name} ends` });
  return [];
}

function endsOf({ clients }: Cast): Record<number, number> {
  const ends: Record<number, number> = {};
  for (const client of clients) for (const [code, count] of client.ends) ends[code] = (ends[code] ?? 0) + count;
  return ends;
}

function deaths({ node }: Stand): Violation[] {
  if (!node.hasExited || node.isEnded) return [];
  return [{ invariant: "L", text: `the node ended by itself:\n${node.output().split("\n").slice(-12).join("\n")}` }];
}

function troubles({ clients }: Cast): Violation[] {
  return clients.flatMap((client) =>
    client.troubles.splice(0).map((text): Violation => ({ invariant: "L", text, client: client.name })),
  );
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
