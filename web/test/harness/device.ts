import type { Page } from "playwright-core";
import { expect } from "vitest";

/** The app is on the device, whole. */
export async function untilKept(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    if (!navigator.serviceWorker.controller)
      await new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve));
  });
}

/**
 * Messages are written to the device a moment after they have changed, at the latest when the page is hidden. The newest
 * is also in what is kept for the list, which may be there before: that does not count.
 */
export async function untilCached(page: Page, text: string): Promise<void> {
  await expect
    .poll(() =>
      page.evaluate(async (wanted) => {
        const names = (await indexedDB.databases()).flatMap(({ name }) =>
          name?.startsWith("parley cache") ? name : [],
        );
        const open = (name: string) =>
          new Promise<IDBDatabase>((resolve, reject) => {
            const request = indexedDB.open(name);
            request.addEventListener("success", () => resolve(request.result));
            request.addEventListener("error", () => reject(new Error("not opened")));
          });
        for (const name of names) {
          const database = await open(name);
          const windows = await new Promise<unknown[]>((resolve) => {
            const request = database.transaction("windows").objectStore("windows").getAll();
            request.addEventListener("success", () => resolve(request.result as unknown[]));
          });
          database.close();
          if (JSON.stringify(windows).includes(wanted)) return true;
        }
        return false;
      }, text),
    )
    .toBe(true);
}
