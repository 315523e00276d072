import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What is to be undone when this process ends, last things first. */
const pending = new Set<() => Promise<void>>();

/** Answers `undo`, to be called when it is time; if the process is interrupted before, `endAll` does. It runs once. */
export function atEnd(undo: () => Promise<void> | void): () => Promise<void> {
  let done: Promise<void> | undefined;
  const once = (): Promise<void> =>
    (done ??= (async () => {
      await undo();
      pending.delete(once);
    })());
  pending.add(once);
  return once;
}

/** Undoes everything that is not undone yet. */
export async function endAll(): Promise<void> {
  for (const undo of [...pending].toReversed()) await undo().catch(() => undefined);
}

export interface Folder extends AsyncDisposable {
  readonly path: string;
}

/** A folder that other accounts may pass through: the database is not run as root. */
export function temporaryFolder(prefix: string): Folder {
  const path = mkdtempSync(join(tmpdir(), prefix));
  chmodSync(path, 0o711);
  return { path, [Symbol.asyncDispose]: atEnd(() => rmSync(path, { recursive: true, force: true })) };
}

/** The folder that is given, which is left where it is; else a temporary one. */
export function folderAt(given: string | undefined, prefix: string): Folder {
  if (given === undefined) return temporaryFolder(prefix);
  mkdirSync(given, { recursive: true });
  return { path: given, [Symbol.asyncDispose]: () => Promise.resolve() };
}
