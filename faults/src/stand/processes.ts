import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";

/** The processes that the harness has started, and they in turn. */
export function ownDescendants(): number[] {
  return descendantsOf(process.pid);
}

/** The processes that this one has started and they in turn; empty where the system does not show them (anything but Linux). */
export function descendantsOf(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const [child, parent] of parents()) children.set(parent, [...(children.get(parent) ?? []), child]);
  const found: number[] = [];
  const visit = (parent: number): void => {
    for (const child of children.get(parent) ?? []) {
      found.push(child);
      visit(child);
    }
  };
  visit(pid);
  return found;
}

function parents(): [number, number][] {
  let names: string[];
  try {
    names = readdirSync("/proc");
  } catch {
    return [];
  }
  return names.flatMap((name): [number, number][] => {
    if (!/^\d+$/.test(name)) return [];
    try {
      // The name, in brackets, may hold anything; the state and the parent follow it.
      const rest = readFileSync(`/proc/${name}/stat`, "utf8").split(") ").at(-1) ?? "";
      return [[Number(name), Number(rest.split(" ")[1])]];
    } catch {
      return [];
    }
  });
}

/** Sends the signal to each that is still there. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // Gone already.
    }
  }
}
