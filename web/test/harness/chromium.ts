import { existsSync } from "node:fs";
import { chromium, type Browser } from "playwright-core";

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
  "--no-sandbox",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-default-apps",
  "--disable-dev-shm-usage",
  "--disable-extensions",
  "--disable-sync",
  "--no-first-run",
  // Everything but this machine is not there: what would go elsewhere fails.
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
];

const executablePath = PLACES.find((path) => path !== undefined && existsSync(path));

/** Why there can be no browser tests; undefined where they can run. */
export const whyNoBrowser =
  executablePath === undefined
    ? "There is no Chromium: install it (apt-get install chromium) or name it in PARLEY_TEST_CHROMIUM"
    : undefined;

export async function launchChromium(): Promise<Browser> {
  if (executablePath === undefined) throw new Error(whyNoBrowser);
  return await chromium.launch({ executablePath, args: FLAGS });
}
