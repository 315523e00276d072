import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A migration as the file has it. */
export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the file, so that one changed after it was applied is noticed. */
  readonly checksum: string;
  /** Marked `--! breaking`: code that does not know this migration cannot run on the database any more. */
  readonly breaking: boolean;
}

/** A migration as the database remembers it. */
export interface AppliedMigration {
  readonly number: number;
  readonly name: string;
  readonly checksum: string;
  readonly breaking: boolean;
}

export class MigrationError extends Error {}

const FILE_NAME = /^(\d{4})_([a-z0-9_]+)\.sql$/;
const BREAKING = /^--! breaking\b/m;

/** Seen from here the folder is at the same place in the sources and in the build. */
export const MIGRATIONS_DIRECTORY = fileURLToPath(new URL("../../../migrations", import.meta.url));

/** The numbered files in order. A gap, a number used twice or a stray file is an error, never skipped. */
export function readMigrations(directory: string = MIGRATIONS_DIRECTORY): Migration[] {
  const files = readdirSync(directory).filter((file) => !file.startsWith("."));
  return files.toSorted().map((file, index) => {
    const match = FILE_NAME.exec(file);
    if (match === null) throw new MigrationError(`${file} is not named like a migration (0001_what_it_does.sql)`);
    const number = Number(match[1]);
    if (number !== index + 1) throw new MigrationError(`${file}: expected number ${index + 1}`);
    // A checkout may have changed the line ends; that is no change of the migration.
    const sql = readFileSync(join(directory, file), "utf8").replaceAll("\r\n", "\n");
    const checksum = createHash("sha256").update(sql).digest("hex");
    return { number, name: match[2] ?? "", sql, checksum, breaking: BREAKING.test(sql) };
  });
}

/**
 * What is still to be done. Throws when the database is not a past of these files: a migration was changed after it
 * was applied, or the database comes from a newer Parley that said old code cannot run on it.
 */
export function pendingMigrations(files: readonly Migration[], applied: readonly AppliedMigration[]): Migration[] {
  for (const past of applied) {
    const file = files[past.number - 1];
    if (file === undefined) refuseFuture(past, files.length);
    else if (file.checksum !== past.checksum) {
      throw new MigrationError(
        `migration ${label(past)} was changed after this database had run it: restore the file and add a new migration`,
      );
    }
  }
  const done = new Set(applied.map((past) => past.number));
  const pending = files.filter((file) => !done.has(file.number));
  const latest = Math.max(0, ...done);
  const late = pending.find((file) => file.number < latest);
  if (late !== undefined) throw new MigrationError(`migration ${label(late)} is missing from the database's history`);
  return pending;
}

/** Expand steps let old code go on, so that nodes can be upgraded one after the other. */
function refuseFuture(past: AppliedMigration, known: number): void {
  if (!past.breaking) return;
  throw new MigrationError(
    `the database comes from a newer Parley (migration ${label(past)}, this one knows ${known}): start that version`,
  );
}

function label(migration: { readonly number: number; readonly name: string }): string {
  return `${String(migration.number).padStart(4, "0")}_${migration.name}`;
}
