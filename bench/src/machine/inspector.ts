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
  if (inspector === undefined) throw new Error("this process was not started to be inspected");
  const socket = new WebSocket(inspector);
  await new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  for (const id of [1, 2]) {
    const answered = new Promise((resolve) => socket.once("message", resolve));
    socket.send(JSON.stringify({ id, method: "HeapProfiler.collectGarbage" }));
    await answered;
  }
  socket.close();
}
