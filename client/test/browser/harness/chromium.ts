import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type BrowserContext, type Page } from "playwright-core";
import { until } from "../../../../server/test/harness/until.ts";

/** Where systems keep it. `PARLEY_TEST_CHROMIUM` names another. */
const PLACES = [
  process.env["PARLEY_TEST_CHROMIUM"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-default-apps",
  "--disable-dev-shm-usage",
  "--disable-extensions",
  "--disable-sync",
  "--no-first-run",
  "--remote-debugging-port=0",
  // Everything but this machine is not there: what would go elsewhere fails.
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
];
const START_MS = 30_000;

const executable = PLACES.find((path) => path !== undefined && existsSync(path));

/** Why there can be no browser tests; undefined where they can run. */
export const whyNoBrowser =
  executable === undefined
    ? "There is no Chromium: install it (apt-get install chromium) or name it in PARLEY_TEST_CHROMIUM"
    : undefined;

/** A browser with a profile of its own, which outlives its being killed. */
export interface Chromium {
  /** Started where it does not run. */
  newPage(): Promise<Page>;
  /** SIGKILL, to all its processes: as a crash of the machine looks to a page. */
  kill(): Promise<void>;
  /** Ends it, and removes the profile. */
  close(): Promise<void>;
}

interface Running {
  readonly child: ChildProcess;
  readonly context: BrowserContext;
}

/** A browser of a test's own. Pages report nothing by themselves: their errors are in `errors`. */
export function createChromium(errors: string[]): Chromium {
  const profile = mkdtempSync(join(tmpdir(), "parley-browser-"));
  let running: Running | undefined;

  async function start(): Promise<Running> {
    const portFile = join(profile, "DevToolsActivePort");
    rmSync(portFile, { force: true });
    // A group of its own, so that all its processes can be killed at once.
    const child = spawn(executable ?? "", [...FLAGS, `--user-data-dir=${profile}`, "about:blank"], {
      detached: true,
      stdio: "ignore",
    });
    const read = (): string[] => (existsSync(portFile) ? readFileSync(portFile, "utf8").split("\n") : []);
    await until(() => read().length > 1, START_MS);
    const browser = await chromium.connectOverCDP(`http://127.0.0.1:${read()[0]}`);
    const [context] = browser.contexts();
    if (!context) throw new Error("the browser has no window");
    return { child, context };
  }

  async function kill(): Promise<void> {
    if (!running) return;
    const { child, context } = running;
    running = undefined;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    process.kill(-(child.pid ?? 0), "SIGKILL");
    await ended;
    await context
      .browser()
      ?.close()
      .catch(() => undefined);
  }

  return {
    async newPage() {
      running ??= await start();
      const page = await running.context.newPage();
      page.setDefaultTimeout(15_000);
      page.on("pageerror", (error) => errors.push(error.stack ?? error.message));
      return page;
    },
    kill,
    async close() {
      await kill();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}
