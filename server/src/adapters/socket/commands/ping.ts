import type { CommandHandler } from "../command-handler.ts";

export function createPing(now: () => number): CommandHandler<"ping"> {
  return {
    key: () => undefined,
    run: () => Promise.resolve({ type: "pong", data: { timestamp: new Date(now()).toISOString() } }),
  };
}
