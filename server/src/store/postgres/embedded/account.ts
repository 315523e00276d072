import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { dirname } from "node:path";
import { isRoot } from "./processes.ts";

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

const USER = "postgres";

/**
 * Who PostgreSQL shall run as. It refuses to run as root, so under root it gets the system's `postgres` account,
 * made when there is none (as in a bare container). Otherwise undefined: it runs as whoever runs Parley.
 */
export function serverAccount(): Account | undefined {
  if (!isRoot()) return undefined;
  return findAccount() ?? createAccount();
}

function findAccount(): Account | undefined {
  try {
    return { uid: idOf("-u"), gid: idOf("-g") };
  } catch {
    return undefined;
  }
}

function idOf(flag: "-u" | "-g"): number {
  return Number(execFileSync("id", [flag, USER], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
}

function createAccount(): Account {
  try {
    execFileSync("groupadd", ["--system", "--force", USER], { stdio: "ignore" });
    execFileSync("useradd", ["--system", "--gid", USER, "--shell", "/usr/sbin/nologin", USER], { stdio: "ignore" });
  } catch (error) {
    throw new Error(
      "PostgreSQL does not run as root, and the account `postgres` is missing and could not be made: " +
        "run Parley as another user, or set DATABASE_URL",
      { cause: error },
    );
  }
  const account = findAccount();
  if (account === undefined) throw new Error("the account `postgres` was made but cannot be found");
  return account;
}

/**
 * The first directory on the way to `path` that the account may not pass, or undefined. A data directory below
 * /root (mode 0700) is the usual case: root reaches it, `postgres` does not.
 */
export function barrierTo(path: string, account: Account): string | undefined {
  const directories: string[] = [];
  for (let directory = dirname(path); ; directory = dirname(directory)) {
    directories.unshift(directory);
    if (directory === dirname(directory)) break;
  }
  return directories.find((directory) => !mayPass(directory, account));
}

function mayPass(directory: string, { uid, gid }: Account): boolean {
  const stat = statSync(directory);
  if (stat.uid === uid) return (stat.mode & 0o100) !== 0;
  if (stat.gid === gid) return (stat.mode & 0o010) !== 0;
  return (stat.mode & 0o001) !== 0;
}
