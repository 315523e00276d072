import type pg from "pg";

/** Rows on their way into a table by COPY, in its text format: columns apart by a tab, each row ended by a line feed, `\N` for null. */
export interface Copy {
  /** Whole rows, in ASCII; resolves when more may follow. */
  write(rows: string): Promise<void>;
  /** Resolves when all rows are in the table; rejects with what the server found wrong with them. */
  end(): Promise<void>;
}

/** What a connection of `pg` can do while something is copied; its types leave it out. */
interface Connection {
  readonly stream: NodeJS.WritableStream & { readonly writableNeedDrain: boolean };
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

/** Begins `COPY … FROM STDIN` on a connection, which can do nothing else until it has ended. */
export function copyInto(client: pg.Client, statement: string): Promise<Copy> {
  return new Promise((begin, refuse) => {
    const ended = new Promise<void>((resolve, reject) => {
      client.query({
        submit: (connection: Connection) => connection.query(statement),
        handleCopyInResponse: (connection: Connection) => begin(copyOver(connection, () => ended)),
        handleError(error: Error) {
          refuse(error);
          reject(error);
        },
        handleCommandComplete: () => undefined,
        handleReadyForQuery: () => resolve(),
      } as unknown as pg.Submittable);
    });
    // Told by the next write or by the end.
    ended.catch(() => undefined);
  });
}

function copyOver(connection: Connection, ended: () => Promise<void>): Copy {
  return {
    async write(rows) {
      connection.sendCopyFromChunk(Buffer.from(rows, "latin1"));
      if (!connection.stream.writableNeedDrain) return;
      const drained = new Promise<void>((resolve) => {
        connection.stream.once("drain", resolve);
      });
      // A server that has found something wrong reads no further.
      await Promise.race([drained, ended()]);
    },
    async end() {
      connection.endCopyFrom();
      await ended();
    },
  };
}
