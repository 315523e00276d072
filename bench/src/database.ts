import { startEmbeddedPostgres } from "@parley/server/store/postgres/embedded.js";
import { atEnd, folderAt } from "./machine/ending.ts";
import { secretOf, startService } from "./service.ts";

/** Parley's database with nobody else at it. */
export interface LoneDatabase extends AsyncDisposable {
  readonly connectionString: string;
}

export interface LoneDatabaseOptions {
  /** The data directory, which is left where it is; by default one of its own, which ends with it. */
  readonly directory?: string;
  /** Off for a load that may begin anew if the machine fails. */
  readonly fsync: boolean;
}

/** A service starts once, for its schema and its secrets, and ends; then its database runs alone. */
export async function startDatabase({ directory, fsync }: LoneDatabaseOptions): Promise<LoneDatabase> {
  const folder = folderAt(directory, "parley-bench-");
  await (await startService({ directory: folder.path }))[Symbol.asyncDispose]();
  const postgres = await startEmbeddedPostgres({
    directory: folder.path,
    password: secretOf(folder.path, "database-password"),
    fsync,
  });
  const stop = atEnd(async () => {
    await postgres.stop();
    await folder[Symbol.asyncDispose]();
  });
  return { connectionString: postgres.connectionString, [Symbol.asyncDispose]: stop };
}
