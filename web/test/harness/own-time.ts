import type { Browser, Page } from "playwright-core";

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds. */
  readonly ts: number;
  readonly dur?: number;
  /** Of processor time. */
  readonly tdur?: number;
}

export interface OwnTime<T> {
  readonly answer: T;
  /** Milliseconds of processor time that the page's main thread took, from one animation frame to the next. */
  readonly frames: readonly number[];
}

/** What a page's frames cost by themselves, whatever else runs on the machine: the clock on the wall tells of both. */
export async function ownTimeOf<T>(browser: Browser, page: Page, work: () => Promise<T>): Promise<OwnTime<T>> {
  await browser.startTracing(page, { categories: ["toplevel", "devtools.timeline"] });
  const answer = await work().catch(async (error: unknown) => {
    await browser.stopTracing();
    throw error;
  });
  const trace = JSON.parse((await browser.stopTracing()).toString()) as { readonly traceEvents: readonly TraceEvent[] };
  return { answer, frames: framesOf(trace.traceEvents) };
}

function framesOf(events: readonly TraceEvent[]): readonly number[] {
  const animations = events.filter(({ name }) => name === "FireAnimationFrame").toSorted((a, b) => a.ts - b.ts);
  const [first] = animations;
  if (!first) throw new Error("The page has drawn nothing");
  const frames = Array.from({ length: animations.length }, () => 0);
  let at = 0;
  const tasks = events
    .filter(({ name, pid, tid }) => name.endsWith("RunTask") && pid === first.pid && tid === first.tid)
    .filter(({ name }, _, all) => name === all[0]?.name)
    .toSorted((a, b) => a.ts - b.ts);
  if (tasks.length === 0) throw new Error("The trace tells of no work");
  for (const { ts, dur = 0, tdur = 0 } of tasks) {
    // A task belongs to the frame that it begins or ends up in.
    while (at + 1 < animations.length && (animations[at + 1]?.ts ?? Infinity) <= ts + dur) at += 1;
    frames[at] = (frames[at] ?? 0) + tdur / 1_000;
  }
  return frames;
}
