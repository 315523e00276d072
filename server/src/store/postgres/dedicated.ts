import { Socket } from "node:net";
import pg from "pg";
import type { DedicatedConnection } from "../database.ts";
import { isSilence } from "./errors.ts";
import { retrying, runOnce, writerOf, type Queryable } from "./transaction.ts";

const CHANNEL = /^[a-z_][a-z0-9_]{0,62}$/;

/**
 * Opens one connection outside of the pools. Statements may be sent before the previous one was answered
 * (`pipeline`): PostgreSQL runs them in the order they were sent.
 */
export async function connectDedicated(config: pg.ClientConfig): Promise<DedicatedConnection> {
  const line = new Socket();
  const client = new pg.Client({ ...config, pipeline: true, stream: () => line });
  const lost = new AbortController();
  // Without a listener a dying connection would throw out of the event loop; its owner learns of it by `lost`.
  client.on("error", (error: Error) => lost.abort(error));
  client.on("end", () => lost.abort(new Error("the database connection ended")));
  await client.connect();

  const watched: Queryable = {
    async query(statement) {
      try {
        return await client.query(statement);
      } catch (error) {
        // Cut rather than closed: a good-bye would wait for the answers that do not come.
        if (isSilence(error)) {
          lost.abort(error);
          line.destroy();
        }
        throw error;
      }
    },
  };
  const handlers = new Map<string, (payload: string) => void>();
  client.on("notification", ({ channel, payload }) => handlers.get(channel)?.(payload ?? ""));

  const close = async (): Promise<void> => {
    if (!lost.signal.aborted) await client.end();
  };

  return {
    ...writerOf(watched),
    lost: lost.signal,
    // On a conflict the connection is still good. A lost one stays lost, so trying again fails at once.
    transaction: (work, options = {}) => retrying(() => runOnce(watched, work, options.isolation), options.attempts),
    async listen(channel, handler) {
      if (!CHANNEL.test(channel)) throw new TypeError(`not a channel name: ${channel}`);
      handlers.set(channel, handler);
      await client.query(`listen ${channel}`);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
