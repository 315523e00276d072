import type { Actor } from "./client/actor.ts";
import type { Client } from "./client/client.ts";
import type { Random } from "./random.ts";
import { signalAll } from "./stand/processes.ts";
import type { Stand } from "./stand/stand.ts";
import { useUpLogFile } from "./truth.ts";

export interface Scenery {
  readonly stand: Stand;
  readonly clients: readonly Client[];
  readonly actors: readonly Actor[];
  readonly random: Random;
}

/** Something that goes wrong and, when `run` ends, is over: what it broke works again, or will by itself. */
export interface Fault {
  readonly title: string;
  /** Why it cannot be had on this stand; undefined where it can. */
  readonly excuse?: (stand: Stand) => string | undefined;
  readonly run: (scenery: Scenery) => Promise<void>;
}

const needsLine = ({ databaseLink }: Stand): string | undefined =>
  databaseLink ? undefined : "an embedded database is reached without a network";

/** A service that stands still under other faults takes no more than its clients' outboxes hold. */
const LONGEST_FLOOD_MS = 6_000;

export const FAULTS: Readonly<Record<string, Fault>> = {
  "kill-node": {
    title: "SIGKILL of the node",
    run: ({ stand, random }) => stand.restartNode("SIGKILL", random.between(0, 400)),
  },
  "restart-node": {
    title: "SIGTERM of the node: it drains",
    run: ({ stand, random }) => stand.restartNode("SIGTERM", random.between(0, 200)),
  },
  "kill-database": {
    title: "SIGKILL of PostgreSQL",
    run: ({ stand, random }) => stand.restartDatabase("SIGKILL", random.between(0, 600)),
  },
  "immediate-database": {
    title: "PostgreSQL restarted with `immediate`",
    run: ({ stand, random }) => stand.restartDatabase("SIGQUIT", random.between(0, 600)),
  },
  "kill-both": {
    title: "SIGKILL of the node and PostgreSQL",
    run: ({ stand, random }) =>
      stand.restartNode("SIGKILL", random.between(0, 300), () => stand.endDatabase("SIGKILL")),
  },
  "freeze-node": {
    title: "SIGSTOP of the node for seconds",
    async run({ stand, random }) {
      const { node } = stand;
      node.signal("SIGSTOP");
      await pause(random.between(800, 3_000));
      node.signal("SIGCONT");
    },
  },
  "freeze-database": {
    title: "SIGSTOP of PostgreSQL for seconds",
    async run({ stand, random }) {
      const pids = stand.databasePids();
      signalAll(pids, "SIGSTOP");
      await pause(random.between(800, 3_000));
      signalAll(pids, "SIGCONT");
    },
  },
  "cut-clients": {
    title: "connections of clients cut",
    async run({ stand, random }) {
      for (let count = random.between(3, 8); count > 0; count -= 1) {
        stand.clientLink.cut(() => random.chance(0.6));
        await pause(random.between(30, 300));
      }
    },
  },
  "delay-clients": {
    title: "clients on a slow line",
    async run({ stand, random }) {
      stand.clientLink.set({ delayMs: random.between(20, 250) });
      await pause(random.between(800, 2_000));
      stand.clientLink.set({ delayMs: 0 });
    },
  },
  "half-open-clients": {
    title: "half-open sockets of clients",
    async run({ stand, random }) {
      stand.clientLink.strand();
      await pause(random.between(200, 1_000));
    },
  },
  "silence-clients": {
    title: "nothing gets through to the clients for seconds",
    async run({ stand, random }) {
      stand.clientLink.set({ isSilent: true });
      await pause(random.between(800, 2_800));
      stand.clientLink.set({ isSilent: false });
    },
  },
  "slow-reader": {
    title: "clients that stop reading, while there is much to read",
    async run({ stand, clients, actors, random }) {
      const slow = clients.filter(() => random.chance(0.5));
      for (const client of slow) client.pause();
      // Bytes pile up at the line as well, until they do at the node.
      stand.clientLink.set({ delayMs: 20 });
      const enough = random.between(120, 260);
      const deadline = performance.now() + LONGEST_FLOOD_MS;
      for (let sent = 0; sent < enough && performance.now() < deadline; await pause(150))
        for (const actor of actors) sent += actor.flood(5);
      stand.clientLink.set({ delayMs: 0 });
      for (const client of slow) client.unpause();
    },
  },
  "cut-database": {
    title: "connections to PostgreSQL cut",
    excuse: needsLine,
    async run({ stand, random }) {
      for (let count = random.between(2, 6); count > 0; count -= 1) {
        stand.databaseLink?.cut(() => random.chance(0.6));
        await pause(random.between(50, 300));
      }
    },
  },
  "refuse-database": {
    title: "PostgreSQL cannot be reached for seconds",
    excuse: needsLine,
    async run({ stand, random }) {
      stand.databaseLink?.set({ isClosed: true });
      stand.databaseLink?.cut();
      await pause(random.between(500, 2_500));
      stand.databaseLink?.set({ isClosed: false });
    },
  },
  "delay-database": {
    title: "a slow line to PostgreSQL",
    excuse: needsLine,
    async run({ stand, random }) {
      stand.databaseLink?.set({ delayMs: random.between(5, 60) });
      await pause(random.between(800, 2_000));
      stand.databaseLink?.set({ delayMs: 0 });
    },
  },
  "silence-database": {
    title: "nothing gets through to PostgreSQL for seconds",
    excuse: needsLine,
    async run({ stand, random }) {
      stand.databaseLink?.set({ isSilent: true });
      await pause(random.between(800, 2_800));
      if (random.chance(0.5)) stand.databaseLink?.cut();
      stand.databaseLink?.set({ isSilent: false });
    },
  },
  "half-open-database": {
    title: "half-open connections to PostgreSQL",
    excuse: needsLine,
    async run({ stand, random }) {
      // More than once, so that a node that is just starting is met as well.
      for (let count = random.between(1, 3); count > 0; count -= 1) {
        stand.databaseLink?.strand();
        await pause(random.between(300, 700));
      }
    },
  },
  "full-disk": {
    title: "the disk of PostgreSQL is full",
    excuse: ({ disk }) => ("reason" in disk ? disk.reason : undefined),
    async run({ stand, random }) {
      if (!("fill" in stand.disk)) return;
      const deadline = performance.now() + random.between(800, 2_000);
      // Without room in its log PostgreSQL falls; before, it has files in stock and merely refuses what needs new ones.
      const isUpToTheLog = random.chance(0.5);
      // Again and again, since PostgreSQL gives back some when it falls.
      while (performance.now() < deadline) {
        stand.disk.fill(random.chance(0.5) ? 0 : 65_536);
        if (isUpToTheLog) await useUpLogFile(() => stand.databaseUrl).catch(() => undefined);
        await pause(100);
      }
      stand.disk.empty();
    },
  },
  "clock-jump": {
    title: "the node's clock jumps",
    async run({ stand, random }) {
      for (let count = random.between(2, 5); count > 0; count -= 1) {
        const most = random.pick([2_000, 60_000, 3_600_000, 86_400_000]);
        stand.node.shiftClock(random.between(-most, most));
        await pause(random.between(150, 500));
      }
      stand.node.shiftClock(0);
    },
  },
};

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
