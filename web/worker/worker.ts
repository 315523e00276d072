import { isPage } from "./pages.ts";

/**
 * The service worker: keeps the app's own files on the device, so that it opens at once, and without a network. What the
 * service answers is none of its business: no request but for a page or a file of the app is touched, so nothing of
 * anyone is ever kept here. Messages are in the SDK's cache.
 *
 * A version is kept whole or not at all: each file is compared with the hash that the build gave it. The new one waits
 * until the app says that it may take over (`take_over`), which it does when the user says so.
 */
declare const self: ServiceWorkerGlobalScope;
/** By build/worker.ts. */
declare const __SHELL__: {
  readonly version: string;
  readonly files: readonly (readonly [path: string, integrity: string])[];
};

const PREFIX = "parley shell ";
const NAME = PREFIX + __SHELL__.version;
const FILES = new Set(__SHELL__.files.map(([path]) => path));

self.addEventListener("install", (event) => event.waitUntil(keepShell()));
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));
self.addEventListener("message", ({ data }) => {
  if (data === "take_over") void self.skipWaiting();
});
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    if (isPage(pathname)) event.respondWith(pageOf(event));
  } else if (FILES.has(pathname) || pathname.startsWith("/assets/")) event.respondWith(fileOf(request));
});

async function keepShell(): Promise<void> {
  const cache = await caches.open(NAME);
  await cache.addAll(
    __SHELL__.files.map(
      ([path, integrity]) =>
        // What is named by its content is what the browser has loaded already.
        new Request(path, { integrity, cache: path.startsWith("/assets/") ? "default" : "no-cache" }),
    ),
  );
}

/** The version before stays: tabs that were opened with it go on with it, and load parts of it. */
async function takeOver(): Promise<void> {
  const others = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== NAME);
  await Promise.all(others.slice(0, -1).map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** The kept page, at once. */
async function pageOf(event: FetchEvent): Promise<Response> {
  const cache = await caches.open(NAME);
  const kept = await cache.match("/", { ignoreVary: true });
  if (!kept) return await fetch(event.request);
  event.waitUntil(renewHeaders(cache, kept.clone()).catch(() => undefined));
  return kept;
}

/** The same page may come with other headers: its policy follows the settings of the service. The next load has them. */
async function renewHeaders(cache: Cache, kept: Response): Promise<void> {
  const present = await fetch("/", { cache: "no-cache" });
  if (!present.ok) return;
  const isSame = (await present.clone().text()) === (await kept.text());
  if (isSame) await cache.put("/", present);
}

async function fileOf(request: Request): Promise<Response> {
  const kept =
    (await (await caches.open(NAME)).match(request, { ignoreVary: true })) ??
    (await caches.match(request, { ignoreVary: true }));
  if (kept) return kept;
  const response = await fetch(request);
  // What few need is kept once it was used; it is named by its content.
  if (response.ok && new URL(request.url).pathname.startsWith("/assets/used/"))
    await (await caches.open(NAME)).put(request, response.clone()).catch(() => undefined);
  return response;
}
