import { readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { holderOf } from "../../src/store/postgres/embedded/lock.ts";
import { isSameProcess } from "../../src/store/postgres/embedded/processes.ts";
import { stopOrphan } from "../../src/store/postgres/embedded/server.ts";

const GRACE_MS = 60_000;

/** Stops and removes what a run that was killed left behind; servers of runs that still live are not touched. */
export async function sweepLeftovers(prefix: string): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(prefix))) {
    const directory = join(tmpdir(), name);
    const holder = holderOf(directory);
    if (holder === undefined ? isYoung(directory) : isSameProcess(holder)) continue;
    await stopOrphan(join(directory, "postgres"), () => undefined);
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Another run may just be making its directory and not have locked it yet. */
function isYoung(directory: string): boolean {
  const stat = statSync(directory, { throwIfNoEntry: false });
  return stat === undefined || Date.now() - stat.mtimeMs < GRACE_MS;
}
