import type { Database } from "../../src/store/database.ts";

/** What PostgreSQL says when an administrator ends the connection. */
export const CONNECTION_LOST = Object.assign(new Error("terminating connection due to administrator command"), {
  code: "57P01",
});
/** A fault of ours: what it says must not get out. */
export const BROKEN_STATEMENT = Object.assign(
  new Error('column "hunter2" does not exist at SELECT hunter2 FROM passwords'),
  { code: "42703" },
);

export interface FaultyDatabase {
  readonly database: Database;
  /** From now on everything that is asked of it fails so; undefined: it works again. */
  failWith(error: Error | undefined): void;
}

export function makeFaulty(database: Database): FaultyDatabase {
  let fault: Error | undefined;
  const check = (): void => {
    if (fault !== undefined) throw fault;
  };
  return {
    database: {
      ...database,
      async query(statement) {
        check();
        return await database.query(statement);
      },
      async transaction(work, options) {
        check();
        return await database.transaction(work, options);
      },
      async snapshot(work) {
        check();
        return await database.snapshot(work);
      },
    },
    failWith(error) {
      fault = error;
    },
  };
}
