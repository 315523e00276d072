import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** What has to be there before anything of Parley runs. Uses Node alone: nothing is installed yet. */

export const ROOT = fileURLToPath(new URL("..", import.meta.url));
const OLDEST_NODE = [20, 19];
const VITE = join(ROOT, "node_modules", "vite", "bin", "vite.js");
/** What the web app is built from, and the file that says when it was. */
const WEB_SOURCES = [
  "web/index.html",
  "web/vite.config.ts",
  "web/src",
  "web/public",
  "web/build",
  "web/worker",
  "web/widget",
  "client/src",
  "package-lock.json",
];
const WEB_BUILT = join("web", "dist", "index.html");
const COMPILER = join(ROOT, "node_modules", "typescript-native", "bin", "tsc");

/** Checks Node and installs what is missing; ends the process when that fails. */
export async function install() {
  process.chdir(ROOT);
  checkNode();
  if (!isInstalled()) await step("Installing dependencies (once, half a minute or so)", ...npm(["ci", ...QUIET]));
}

/** Installs, and builds what is out of date. */
export async function prepare() {
  await install();
  // The compiler knows what is up to date; where only the built files were shipped there is none.
  if (existsSync(COMPILER)) await build();
}

const QUIET = ["--include=dev", "--include=optional", "--no-audit", "--no-fund", "--loglevel=error"];

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  console.error(`Parley needs Node ${OLDEST_NODE.join(".")} or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

/** Whether node_modules is what package-lock.json says. npm writes its own copy of the lock when it has finished. */
function isInstalled() {
  const wanted = readLock("package-lock.json");
  const present = readLock(join("node_modules", ".package-lock.json"));
  if (wanted === undefined || present === undefined) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.startsWith("node_modules/") && !path.includes("/node_modules/")) return true;
    const found = present[path];
    return found === undefined ? entry.optional === true : found.version === entry.version;
  });
}

function readLock(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8")).packages;
  } catch {
    return undefined;
  }
}

async function build() {
  const isFirst = !existsSync(join("server", "dist", "main.js"));
  const args = [COMPILER, "-b", "protocol", "server"];
  // Side by side: neither needs the other.
  await Promise.all([buildWeb(), isFirst ? step("Building", process.execPath, args) : compile(args)]);
}

async function compile(args) {
  const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
  if (status !== 0) fail("Building failed.");
}

/** The bundler does not know what is up to date, so the times of the files tell. */
async function buildWeb() {
  if (!existsSync(VITE) || !existsSync("web/src")) return;
  const builtAt = existsSync(WEB_BUILT) ? statSync(WEB_BUILT).mtimeMs : 0;
  if (!WEB_SOURCES.some((path) => newestIn(path) > builtAt)) return;
  const began = new Date();
  await step("Building the web app", process.execPath, [
    VITE,
    "build",
    "web",
    "--config",
    "web/vite.config.ts",
    "--logLevel",
    "warn",
  ]);
  // What is changed while it is being built counts as newer.
  utimesSync(WEB_BUILT, began, began);
}

function newestIn(path) {
  if (!existsSync(path)) return 0;
  const { mtimeMs } = statSync(path);
  if (!statSync(path).isDirectory()) return mtimeMs;
  // A folder's own time tells of what was taken out of it.
  return Math.max(mtimeMs, ...readdirSync(path, { recursive: true }).map((name) => statSync(join(path, name)).mtimeMs));
}

/** npm as it was called; its own command only where this was started without it. */
function npm(args) {
  const script = process.env.npm_execpath;
  return script?.endsWith(".js") ? [process.execPath, [script, ...args]] : ["npm", args];
}

/** Runs a command while saying that it still goes on. */
function step(title, command, args) {
  const began = Date.now();
  const seconds = () => `${Math.round((Date.now() - began) / 1000)} s`;
  console.log(`${title} …`);
  const heartbeat = setInterval(() => console.log(`  … ${seconds()}`), 5_000);
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ["ignore", "inherit", "inherit"],
      shell: command === "npm" && process.platform === "win32",
    });
    child.once("error", (error) => fail(`${title} failed: ${error.message}`));
    child.once("exit", (code) => {
      clearInterval(heartbeat);
      if (code !== 0) fail(`${title} failed.`);
      console.log(`  done in ${seconds()}`);
      resolve();
    });
  });
}

function fail(line) {
  console.error(line);
  process.exit(1);
}
