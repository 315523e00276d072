import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Replaces a piece of text that has to be there exactly once: one that no longer fits is noticed instead of changing nothing. */
export interface Edit {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** A copy of the built service, which stays as it is while the original is built anew. */
export interface ServerCopy extends Disposable {
  readonly main: string;
}

const PROTOCOL = "@parley/protocol";

/** Where the built server is. */
export function serverMain(): string {
  return fileURLToPath(import.meta.resolve("@parley/server/main.js"));
}

/** Copies the built server and protocol, with the edits; throws where one does not fit. What they need of others is linked. */
export function copyServer(edits: readonly Edit[] = []): ServerCopy {
  const server = dirname(dirname(serverMain()));
  const root = dirname(server);
  // Not below node_modules, which an installation empties.
  const copy = mkdtempSync(join(tmpdir(), "parley-faults-server-"));
  const remove = (): void => rmSync(copy, { recursive: true, force: true });
  try {
    for (const part of ["dist", "migrations", "package.json"])
      cpSync(join(server, part), join(copy, part), { recursive: true });
    const modules = join(copy, "node_modules");
    for (const part of ["dist", "package.json"])
      cpSync(join(root, "protocol", part), join(modules, PROTOCOL, part), { recursive: true });
    for (const folder of [join(server, "node_modules"), join(root, "node_modules")]) linkPackages(folder, modules);
    for (const edit of edits) apply(edit, join(copy, "dist", edit.file));
  } catch (error) {
    remove();
    throw error;
  }
  return { main: join(copy, "dist", "main.js"), [Symbol.dispose]: remove };
}

/** Links each package that is not there yet. */
function linkPackages(from: string, to: string): void {
  if (!existsSync(from)) return;
  const names = readdirSync(from).flatMap((name) =>
    name.startsWith("@") ? readdirSync(join(from, name)).map((part) => join(name, part)) : [name],
  );
  for (const name of names) {
    const link = join(to, name);
    if (name.startsWith(".") || existsSync(link)) continue;
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(from, name), link, "junction");
  }
}

function apply({ file, from, to }: Edit, path: string): void {
  const parts = readFileSync(path, "utf8").split(from);
  if (parts.length !== 2) throw new Error(`${file} has the piece to replace ${parts.length - 1} times: ${from}`);
  writeFileSync(path, parts.join(to));
}
