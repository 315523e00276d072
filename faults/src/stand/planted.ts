import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Invariant } from "../checker/facts.ts";

/**
 * Bugs that are planted into a copy of the built server, to see whether they are caught. Each replaces exact pieces of text, so
 * that one which no longer fits the server is noticed instead of planting nothing.
 */
export interface PlantedBug {
  readonly title: string;
  /** One of these has to be reported. */
  readonly caughtBy: readonly Invariant[];
  /** Faults under which it shows; any where there are none. */
  readonly faults?: readonly string[];
  readonly edits: readonly { readonly file: string; readonly from: string; readonly to: string }[];
}

export const PLANTED_BUGS: Readonly<Record<string, PlantedBug>> = {
  "ack-before-commit": {
    title: "a send is answered before its transaction has committed",
    caughtBy: ["I1"],
    faults: ["kill-database"],
    edits: [
      {
        file: "store/committer/lane.js",
        from: "            outcomes = await commitSends(",
        to: '            await connection.execute({ text: "BEGIN" });\n            outcomes = await commitSends(',
      },
      {
        file: "store/committer/lane.js",
        from: "        return busy;\n    }",
        to: '        await new Promise((resolve) => setTimeout(resolve, 40));\n        await connection.execute({ text: "COMMIT" }).catch(() => undefined);\n        return busy;\n    }',
      },
    ],
  },
  "skipped-version": {
    title: "now and then a change is delivered to nobody",
    caughtBy: ["I2"],
    edits: [
      {
        file: "realtime/delivery.js",
        from: "onTold(change, tellChange(audience, stream, told));",
        to: "onTold(change, version % 23 === 0 ? 0 : tellChange(audience, stream, told));",
      },
    ],
  },
  "forgotten-membership-check": {
    title: "whoever resumes hears their former conversations again",
    caughtBy: ["I7"],
    faults: ["cut-clients", "kill-node"],
    edits: [
      {
        file: "store/live-conversations.js",
        from: "WHERE m.user_id = ANY ($1::uuid[]) AND m.left_at IS NULL",
        to: "WHERE m.user_id = ANY ($1::uuid[])",
      },
    ],
  },
};

/** Where the built server is. */
export function serverMain(): string {
  return fileURLToPath(import.meta.resolve("@parley/server/main.js"));
}

export interface ServerCopy extends Disposable {
  readonly main: string;
}

/** A copy of the built server with the bug in it; throws where a piece of text is not there exactly once. */
export function plant(bug: PlantedBug): ServerCopy {
  const server = dirname(dirname(serverMain()));
  // Below node_modules, so that what the server imports is found from there as well.
  const cache = join(dirname(server), "node_modules", ".cache");
  mkdirSync(cache, { recursive: true });
  const copy = mkdtempSync(join(cache, "planted-"));
  for (const part of ["dist", "migrations", "package.json"])
    cpSync(join(server, part), join(copy, part), { recursive: true });
  const own = join(server, "node_modules");
  if (existsSync(own)) symlinkSync(own, join(copy, "node_modules"));
  for (const { file, from, to } of bug.edits) {
    const path = join(copy, "dist", file);
    const parts = readFileSync(path, "utf8").split(from);
    if (parts.length !== 2) throw new Error(`${file} has the piece to replace ${parts.length - 1} times: ${from}`);
    writeFileSync(path, parts.join(to));
  }
  return {
    main: join(copy, "dist", "main.js"),
    [Symbol.dispose]: () => rmSync(copy, { recursive: true, force: true }),
  };
}
