import type { ChildProcess } from "node:child_process";
import WebSocket from "ws";

/** For a Node process whose memory is compared with another's: what is garbage in them must not be. */
export const INSPECT = "--inspect=127.0.0.1:0";

/** Where the inspector of a process started with `INSPECT` listens: it says so on stderr. */
export function inspectorOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = "";
    child.stderr?.on("data", (chunk) => {
      output += String(chunk);
      const url = /ws:\/\/\S+/.exec(output)?.[0];
      if (url) resolve(url);
    });
    child.once("exit", () => reject(new Error(`a process to inspect has ended:\n${output}`)));
  });
}

export async function collectGarbage(inspector: string | undefined): Promise<void> {
  await ask(inspector, ["HeapProfiler.collectGarbage", "HeapProfiler.collectGarbage"]);
}

/** Bytes that are in use once garbage is collected: objects, and the memory of buffers where Node tells it. */
export async function heapAfterGarbage(inspector: string | undefined): Promise<number> {
  const answers = await ask(inspector, [
    "HeapProfiler.collectGarbage",
    "HeapProfiler.collectGarbage",
    "Runtime.getHeapUsage",
  ]);
  const { usedSize = 0, backingStorageSize = 0 } = answers[2] ?? {};
  return usedSize + backingStorageSize;
}

/** Conversations with inspected processes: one that is asked to end waits until they are over. */
const open = new Set<WebSocket>();

/** Ends them all, whatever was asked. */
export function hangUp(): void {
  for (const socket of open) socket.terminate();
}

type Answer = Readonly<Partial<Record<"usedSize" | "backingStorageSize", number>>>;

async function ask(inspector: string | undefined, methods: readonly string[]): Promise<Answer[]> {
  if (inspector === undefined) throw new Error("this process was not started to be inspected");
  const socket = new WebSocket(inspector);
  open.add(socket);
  socket.once("close", () => open.delete(socket));
  await new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  const answers: Answer[] = [];
  for (const [id, method] of methods.entries()) {
    const answered = new Promise<Answer>((resolve, reject) => {
      socket.once("message", (data: Buffer) => resolve((JSON.parse(data.toString()) as { result: Answer }).result));
      socket.once("close", () => reject(new Error("the inspected process has gone")));
    });
    socket.send(JSON.stringify({ id, method }));
    answers.push(await answered);
  }
  socket.close();
  return answers;
}
