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

/** Conversations are written to the device a moment after they have changed, at the latest when the page is hidden. */
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
          for (const store of database.objectStoreNames) {
            const all = await new Promise<unknown[]>((resolve) => {
              const request = database.transaction(store).objectStore(store).getAll();
              request.addEventListener("success", () => resolve(request.result as unknown[]));
            });
            if (JSON.stringify(all).includes(wanted)) {
              database.close();
              return true;
            }
          }
          database.close();
        }
        return false;
      }, text),
    )
    .toBe(true);
}
