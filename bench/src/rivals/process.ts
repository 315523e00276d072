import { fork } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { atEnd } from "../machine/ending.ts";
import { collectGarbage, INSPECT, inspectorOf } from "../machine/inspector.ts";

/** A rival's server in a process of its own, as Parley is. */
export interface Rival extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  collectGarbage(): Promise<void>;
}

/** Starts `file` of this folder, hands it `setup` and waits until it tells its port. */
export async function startRival(file: string, setup: unknown): Promise<Rival> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), {
    serialization: "advanced",
    execArgv: [INSPECT],
    stdio: ["ignore", "inherit", "pipe", "ipc"],
  });
  const inspector = inspectorOf(child);
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const stop = atEnd(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.once("message", (message) => resolve((message as { port: number }).port));
    child.once("exit", (code) => reject(new Error(`the rival ${file} ended with ${code}`)));
    child.send(setup as object);
  });
  return {
    url: `ws://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    collectGarbage: async () => await collectGarbage(await inspector),
    [Symbol.asyncDispose]: stop,
  };
}

/** The other end: in the rival's process. Ends with its parent. */
export function asRival(serve: (setup: unknown) => Promise<number>): void {
  process.once("disconnect", () => process.exit(0));
  process.once("message", (setup) => void serve(setup).then((port) => process.send?.({ port })));
}
