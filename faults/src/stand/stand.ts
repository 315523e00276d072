import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomBytes } from "node:crypto";
import { runningServer } from "@parley/server/store/postgres/embedded.js";
import { SignJWT } from "jose";
import { startExternalDatabase } from "./external-database.ts";
import { StandError, startNode, type NodeProcess } from "./node-process.ts";
import { endNow, type Leftovers } from "./leftovers.ts";
import { descendantsOf, ownDescendants, signalAll } from "./processes.ts";
import { startProxy, type FaultProxy } from "./proxy.ts";
import { mountSmallDisk, unmountSmallDisk, type SmallDisk } from "./small-disk.ts";

export type DatabaseKind = "embedded" | "external";

/** One node with its database, and a line to each that can be disturbed. */
export interface Stand extends AsyncDisposable {
  readonly kind: DatabaseKind;
  /** Where everything of it lies. */
  readonly directory: string;
  /** Between clients and the node. */
  readonly clientLink: FaultProxy;
  /** Between the node and its database; an embedded one is reached by a socket of the file system. */
  readonly databaseLink: FaultProxy | undefined;
  /** The database's disk where it can be filled, else why not. */
  readonly disk: SmallDisk | { readonly reason: string };
  readonly node: NodeProcess;
  /** What clients use, with all its faults, and what the checker uses. */
  readonly clientUrl: string;
  readonly directUrl: string;
  readonly databaseUrl: string;
  tokenOf(name: string): Promise<string>;
  /** Ends the node, waits, and starts another. One at a time. */
  restartNode(signal: "SIGKILL" | "SIGTERM", pauseMs: number, meanwhile?: () => Promise<void>): Promise<void>;
  /** Ends the database; an external one stays so for the pause, an embedded one is started again by its node. */
  restartDatabase(signal: "SIGKILL" | "SIGQUIT", pauseMs: number): Promise<void>;
  endDatabase(signal: "SIGKILL" | "SIGQUIT"): Promise<void>;
  /** The processes of the database. */
  databasePids(): number[];
  /** Puts everything right: whatever is down is started, whatever is stopped goes on. */
  heal(): Promise<void>;
}

const START_ATTEMPTS = 5;

export interface StandOptions {
  readonly kind: DatabaseKind;
  readonly main: string;
  /** Told of what has to be gone even when the harness is interrupted. */
  readonly leftovers?: Leftovers | undefined;
}

export async function setUpStand({ kind, main, leftovers }: StandOptions): Promise<Stand> {
  const directory = mkdtempSync(join(tmpdir(), "parley-faults-"));
  chmodSync(directory, 0o711);
  const diskDirectory = join(directory, "disk");
  const goneAlready = leftovers?.add(() => tearDown(directory, diskDirectory));
  mkdirSync(diskDirectory, { mode: 0o711 });
  const disk = mountSmallDisk(diskDirectory);
  const external = kind === "external" ? await startExternalDatabase(diskDirectory) : undefined;
  const clientLink = await startProxy();
  const databaseLink = external ? await startProxy() : undefined;
  if (external) databaseLink?.retarget({ path: join(external.endpoint.host, `.s.PGSQL.${external.endpoint.port}`) });
  const secret = randomBytes(48).toString("base64url");
  const variables = {
    // An embedded database is in there.
    PARLEY_DATA_DIR: join(external ? directory : diskDirectory, "data"),
    PARLEY_JWT_SECRET: secret,
    ...(external && databaseLink ? { DATABASE_URL: external.url(databaseLink.port) } : {}),
  };
  const start = async (): Promise<NodeProcess> => {
    const started = await startPatiently(() => startNode({ main, variables }));
    clientLink.retarget({ host: "127.0.0.1", port: Number(new URL(started.url).port) });
    return started;
  };
  // The database's process does not keep this one alive, and its end has to be waited for.
  const waiting = setInterval(() => undefined, 60_000);
  let node = await start();
  let last: Promise<unknown> = Promise.resolve();
  const oneAtATime = <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work);
    last = next.catch(() => undefined);
    return next;
  };
  const embedded = embeddedDatabase(variables.PARLEY_DATA_DIR);
  const endDatabase = (signal: "SIGKILL" | "SIGQUIT"): Promise<void> => (external ?? embedded).end(signal);
  const renewNode = async (
    signal: "SIGKILL" | "SIGTERM",
    pauseMs: number,
    meanwhile?: () => Promise<void>,
  ): Promise<void> => {
    node.signal("SIGCONT");
    await node.end(signal);
    await meanwhile?.();
    await pause(pauseMs);
    if (external) await external.start();
    node = await start();
  };
  const databasePids = (): number[] => {
    const pid = external ? external.pid : embedded.pid();
    return pid > 0 ? [pid, ...descendantsOf(pid)] : [];
  };

  return {
    kind,
    directory,
    clientLink,
    databaseLink,
    disk,
    get node() {
      return node;
    },
    clientUrl: `http://127.0.0.1:${clientLink.port}`,
    get directUrl() {
      return node.url;
    },
    get databaseUrl() {
      return external ? external.url() : embedded.url();
    },
    tokenOf: (name) =>
      // Issued long ago and good for long, so that a clock that jumps does not make them invalid.
      new SignJWT({ name, preferred_username: name })
        .setProtectedHeader({ alg: "HS256" })
        .setSubject(name)
        .setIssuedAt(1_600_000_000)
        .setExpirationTime("10y")
        .sign(new TextEncoder().encode(secret)),
    restartNode: (signal, pauseMs, meanwhile) => oneAtATime(() => renewNode(signal, pauseMs, meanwhile)),
    restartDatabase: (signal, pauseMs) =>
      oneAtATime(async () => {
        const former = embedded.pid();
        await endDatabase(signal);
        await pause(pauseMs);
        return await (external ? external.start() : embedded.isBack(former));
      }),
    endDatabase,
    databasePids,
    heal: () =>
      oneAtATime(async () => {
        clientLink.calm();
        databaseLink?.calm();
        if ("empty" in disk) disk.empty();
        signalAll(databasePids(), "SIGCONT");
        node.signal("SIGCONT");
        node.shiftClock(0);
        if (external) await external.start();
      }),
    async [Symbol.asyncDispose]() {
      node.signal("SIGCONT");
      if (!node.hasExited) await node.end("SIGTERM");
      await clientLink[Symbol.asyncDispose]();
      await databaseLink?.[Symbol.asyncDispose]();
      await external?.end("SIGINT");
      unmountSmallDisk(diskDirectory);
      rmSync(directory, { recursive: true, force: true });
      clearInterval(waiting);
      goneAlready?.();
    },
  };
}

/** Ends everything that lives in the directory and removes it, whatever state it is in and without waiting for anything. */
function tearDown(directory: string, diskDirectory: string): void {
  const servers = [
    join(diskDirectory, "cluster"),
    ...[directory, diskDirectory].map((each) => join(each, "data", "postgres")),
  ]
    .map(serverPidIn)
    .filter((pid) => pid > 0);
  endNow(servers, ownDescendants());
  unmountSmallDisk(diskDirectory);
  rmSync(directory, { recursive: true, force: true });
}

/** By its status file; 0 when there is none. */
function serverPidIn(cluster: string): number {
  try {
    return Number(readFileSync(join(cluster, "postmaster.pid"), "utf8").split("\n")[0]);
  } catch {
    return 0;
  }
}

/** The server that a node runs for itself, as its files show it. */
function embeddedDatabase(dataDirectory: string) {
  const pid = (): number => serverPidIn(join(dataDirectory, "postgres"));
  const url = (): string => {
    const password = readFileSync(join(dataDirectory, "secrets", "database-password"), "utf8").trim();
    const found = runningServer(dataDirectory, password);
    if (found === undefined) throw new Error("the embedded database is not running");
    return found;
  };
  const waitFor = async (isSo: () => boolean, what: string): Promise<void> => {
    const deadline = performance.now() + 30_000;
    while (!isSo()) {
      if (performance.now() > deadline) throw new Error(`${what} within 30 s`);
      await pause(20);
    }
  };
  return {
    pid,
    url,
    async end(signal: "SIGKILL" | "SIGQUIT"): Promise<void> {
      const doomed = pid();
      signalAll([doomed], "SIGCONT");
      signalAll([doomed], signal);
      await pause(20);
    },
    isBack: (former: number) =>
      waitFor(() => pid() !== former && pid() > 0 && isReachable(url), "the embedded database did not come back"),
  };
}

function isReachable(url: () => string): boolean {
  try {
    return url() !== "";
  } catch {
    return false;
  }
}

/** Under several faults at once the database may not be there yet when the node starts: an operator's supervisor tries again, too. */
async function startPatiently(start: () => Promise<NodeProcess>): Promise<NodeProcess> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start();
    } catch (error) {
      if (error instanceof StandError || attempt === START_ATTEMPTS) throw error;
      await pause(500 * attempt);
    }
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
