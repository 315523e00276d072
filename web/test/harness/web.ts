import { createRequire } from "node:module";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { useTestDatabase } from "../../../server/test/harness/database.ts";
import { startNode, type TestNode } from "../../../server/test/harness/node.ts";
import { launchChromium, whyNoBrowser } from "./chromium.ts";

export type DemoId = "ada" | "grace" | "edsger" | "sam" | "mary";
export type Theme = "light" | "dark" | "steampunk";

export interface WindowOptions {
  readonly width?: number;
  readonly height?: number;
  readonly theme?: Theme;
  readonly locale?: string;
  /** Fingers instead of a mouse: nothing hovers. */
  readonly isTouch?: boolean;
  /** Where the service is, seen from the browser: a line to it, say. */
  readonly origin?: string;
}

export interface Web {
  readonly url: string;
  readonly node: TestNode;
  /** Where its database is: for commands beside it. */
  readonly databaseUrl: string;
  readonly browser: Browser;
  /** A window of its own, as on another device; nobody is signed in. */
  open(path?: string, options?: WindowOptions): Promise<Page>;
  /** The same, with one of the demo people signed in. */
  signIn(who: DemoId, options?: WindowOptions & { readonly path?: string }): Promise<Page>;
}

const BUILT = fileURLToPath(new URL("../../dist/index.html", import.meta.url));
/** What browsers say of a request or a socket that fails. */
const EXPECTED = /^(Failed to load resource|WebSocket connection to )/;
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** A whole node in dev mode with a browser before it, for a test file. A page that reports an error fails its test; without a browser all are skipped, and say why. */
export function useWeb(variables: Readonly<Record<string, string>> = {}): Web {
  const store = useTestDatabase();
  const contexts = new Set<BrowserContext>();
  const complaints: string[] = [];
  const it: { node?: TestNode; browser?: Browser } = {};

  beforeAll(async () => {
    if (whyNoBrowser !== undefined) return;
    if (!existsSync(BUILT)) throw new Error("The web app is not built: npm run build");
    it.node = await startNode(store.database, { PARLEY_DEV: "on", ...variables });
    it.browser = await launchChromium();
  });
  beforeEach(({ skip }) => skip(whyNoBrowser !== undefined, whyNoBrowser));
  afterEach(async () => {
    for (const context of contexts) await context.close();
    contexts.clear();
    expect(complaints.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await it.browser?.close();
    await it.node?.close();
  });

  const there = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error("it is made in beforeAll");
    return value;
  };
  const url = (): string => there(it.node).url;

  async function open(
    path = "/",
    {
      width = 1440,
      height = 900,
      theme = "light",
      locale = "en-GB",
      isTouch = false,
      origin = url(),
    }: WindowOptions = {},
  ) {
    const context = await there(it.browser).newContext({
      viewport: { width, height },
      locale,
      colorScheme: theme === "dark" ? "dark" : "light",
      reducedMotion: "reduce",
      hasTouch: isTouch,
      isMobile: isTouch,
    });
    contexts.add(context);
    if (theme === "steampunk")
      await context.addInitScript(() =>
        localStorage.setItem("parley preferences", JSON.stringify({ theme: "steampunk" })),
      );
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    page.on("pageerror", (error) => complaints.push(error.stack ?? error.message));
    page.on("console", (message) => {
      // A request that fails is a part of some tests; what the app makes of it is theirs to look at.
      if (message.type() === "error" && !EXPECTED.test(message.text())) complaints.push(message.text());
    });
    await page.goto(origin + path);
    return page;
  }

  return {
    get url() {
      return url();
    },
    get node() {
      return there(it.node);
    },
    get databaseUrl() {
      return store.connectionString;
    },
    get browser() {
      return there(it.browser);
    },
    open,
    async signIn(who, { path = "/", ...options } = {}) {
      const page = await open(`/sign-in?to=${encodeURIComponent(path)}`, options);
      await page.locator(`[data-person="${who}"]`).click();
      await page.waitForURL((there) => there.pathname !== "/sign-in");
      return page;
    },
  };
}

/** What axe finds wrong with the page as it is now, one line each. */
export async function violationsOf(page: Page): Promise<string[]> {
  if (!(await page.evaluate("typeof axe === 'object'"))) await page.evaluate(AXE);
  return await page.evaluate(async () => {
    interface Result {
      readonly id: string;
      readonly help: string;
      readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary?: string }[];
    }
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: readonly Result[] }> } };
    const { violations } = await axe.run();
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ target, failureSummary = "" }) => `${id}: ${help} (${target.join(" ")}) ${failureSummary}`),
    );
  });
}
