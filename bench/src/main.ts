import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import process from "node:process";
import { hasPgbench, pgbenchRate } from "./rivals/pgbench.ts";
import { singleTransactionRate } from "./rivals/single-transaction.ts";
import { committerRate } from "./scenarios/committer.ts";
import { deliveryLatency, restSendRate, seat, socketSendRate, type DeliveryResult } from "./scenarios/product.ts";
import { startService } from "./service.ts";
import { setStage } from "./stage.ts";
import { median } from "./stats.ts";

const CLIENTS = [1, 4, 16, 32];

interface Results {
  readonly machine: { readonly cores: number; readonly model: string; readonly node: string };
  readonly at: string;
  /** Messages per second. */
  readonly rates: Record<string, number>;
  readonly latency: { readonly perSecond: number; readonly groups: DeliveryResult };
  readonly ratios: Record<string, number>;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Rounds of everything, one after the other and again, so that a machine that slows down slows all of it. */
async function measure(rounds: number, seconds: number): Promise<Results> {
  await using service = await startService();
  const groups = await setStage(service.connectionString, { conversations: 400, membersEach: 10, kind: "group" });
  const directs = await setStage(service.connectionString, { conversations: 200, membersEach: 2, kind: "direct" });
  const samples = new Map<string, number[]>();
  const run = async (name: string, work: () => Promise<number>): Promise<void> => {
    const rate = await work();
    samples.set(name, [...(samples.get(name) ?? []), rate]);
    say(`  ${name.padEnd(34)} ${Math.round(rate).toLocaleString("en")}/s`);
  };
  const talkers = await seat(service, directs);
  for (let round = 1; round <= rounds; round += 1) {
    say(`round ${round} of ${rounds}`);
    for (const clients of CLIENTS) {
      await run(`single transaction, ${clients} clients`, () => singleTransactionRate(service.connectionString, groups, clients, seconds));
      if (hasPgbench()) await run(`pgbench, ${clients} clients`, () => pgbenchRate(service.connectionString, groups, clients, seconds));
    }
    await run("committer alone", () => committerRate(service.connectionString, groups, seconds));
    await run("socket, directs, both online", () => socketSendRate(talkers, 20, seconds));
    await run("rest", () => restSendRate(service, directs, 64, seconds));
  }
  for (const { client } of talkers) client.close();
  const writers = await seat(service, groups);
  say(`latency in groups of 10, ${writers.length} sockets`);
  const perSecond = 200;
  const latency = { perSecond, groups: await deliveryLatency(writers, perSecond, seconds * 2) };
  for (const { client } of writers) client.close();
  const rates = Object.fromEntries([...samples].map(([name, values]) => [name, median(values)]));
  return {
    machine: { cores: cpus().length, model: cpus()[0]?.model ?? "unknown", node: process.version },
    at: new Date().toISOString(),
    rates,
    latency,
    ratios: ratiosOf(rates),
  };
}

function ratiosOf(rates: Record<string, number>): Record<string, number> {
  const best = Math.max(...Object.entries(rates).flatMap(([name, rate]) => (/^(single|pgbench)/.test(name) ? [rate] : [])));
  const ratio = (name: string): number => Math.round(((rates[name] ?? Number.NaN) / best) * 100) / 100;
  return { committer_vs_single: ratio("committer alone"), socket_vs_single: ratio("socket, directs, both online"), rest_vs_single: ratio("rest") };
}

const quick = process.argv.includes("--quick");
const results = await measure(quick ? 1 : 3, quick ? 2 : 5);
const folder = fileURLToPath(new URL("../results/", import.meta.url));
mkdirSync(folder, { recursive: true });
writeFileSync(`${folder}latest.json`, `${JSON.stringify(results, null, 2)}\n`);
const { ack, deliver } = results.latency.groups;
say(`ack p50 ${ack.p50.toFixed(2)} ms, p99 ${ack.p99.toFixed(2)} ms; deliver p50 ${deliver.p50.toFixed(2)} ms, p99 ${deliver.p99.toFixed(2)} ms at ${results.latency.perSecond}/s`);
for (const [name, ratio] of Object.entries(results.ratios)) say(`${name.padEnd(24)} ${ratio}×`);
