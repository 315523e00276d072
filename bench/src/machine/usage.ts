import { readdirSync, readFileSync } from "node:fs";

/** Processes by what they are for. A whole tree counts with its root: the database is a server and a process for each connection. */
export type Watched = Record<string, number>;

export interface Usage {
  /** Cores kept busy: 1 is one core all the time. */
  readonly cores: number;
  /** Proportional share of the memory, where the system tells it; at the end of the phase. */
  readonly megabytes: number;
}

const TICKS_PER_SECOND = 100;

interface Sample {
  readonly seconds: number;
  readonly bytes: number;
}

/** Runs the work and answers what each process used meanwhile (nothing where there is no /proc), and how long that was. */
export async function watching<T>(
  watched: Watched,
  work: () => Promise<T>,
): Promise<{ result: T; usage: Record<string, Usage>; seconds: number }> {
  const before = sampleAll(watched);
  const start = performance.now();
  const result = await work();
  const seconds = (performance.now() - start) / 1_000;
  const after = sampleAll(watched);
  const usage: Record<string, Usage> = {};
  for (const [name, sample] of Object.entries(after)) {
    const earlier = before[name];
    if (earlier) usage[name] = { cores: (sample.seconds - earlier.seconds) / seconds, megabytes: sample.bytes / 1e6 };
  }
  return { result, usage, seconds };
}

/** Memory of one process in bytes: what it holds alone and its share of what it holds with others. */
export function memoryOf(pid: number): number {
  try {
    const line = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"));
    if (line) return Number(line[1]) * 1024;
  } catch {
    // Of another account: the resident size is told to everybody.
  }
  try {
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Memory of each of them now, in bytes. */
export function memoryOfAll(watched: Watched): Record<string, number> {
  return Object.fromEntries(Object.entries(sampleAll(watched)).map(([name, { bytes }]) => [name, bytes]));
}

function sampleAll(watched: Watched): Record<string, Sample> {
  const processes = readProcesses();
  const samples: Record<string, Sample> = {};
  for (const [name, pid] of Object.entries(watched)) {
    const root = processes.get(pid);
    if (!root) continue;
    const children = [...processes.values()].filter((process) => process.parent === pid && isWorker(name));
    // Time of children that have ended counts with their parent.
    const ticks =
      root.ticks + (isWorker(name) ? root.childTicks : 0) + children.reduce((sum, child) => sum + child.ticks, 0);
    const bytes = [root, ...children].reduce((sum, process) => sum + memoryOf(process.pid), 0);
    samples[name] = { seconds: ticks / TICKS_PER_SECOND, bytes };
  }
  return samples;
}

/** Only the database counts with its children: those of the service are the database, those of the generator the service. */
function isWorker(name: string): boolean {
  return name === "database";
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly ticks: number;
  readonly childTicks: number;
}

function readProcesses(): Map<number, Process> {
  const processes = new Map<number, Process>();
  for (const entry of listProc()) {
    const process = readProcess(Number(entry));
    if (process) processes.set(process.pid, process);
  }
  return processes;
}

function listProc(): string[] {
  try {
    return readdirSync("/proc").filter((entry) => /^\d+$/.test(entry));
  } catch {
    return [];
  }
}

function readProcess(pid: number): Process | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // After the name, which may hold anything: state, parent, … utime, stime, cutime, cstime are fields 14 to 17.
    const fields = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
    const [parent = 0] = fields.slice(1, 2);
    const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(11, 15);
    return { pid, parent, ticks: user + system, childTicks: childUser + childSystem };
  } catch {
    return undefined;
  }
}
