import { inOrder, type OutboxEntry } from "./entry.ts";
import type { OutboxStorage } from "./storage.ts";

const STORE = "outbox";

/** An outbox in the browser's IndexedDB. Tabs tell each other of changes by a BroadcastChannel of the same name. */
export function createIndexedDbStorage(name: string, factory: IDBFactory = indexedDB): OutboxStorage {
  let channel = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel(name);
  let opening: Promise<IDBDatabase> | undefined;

  const open = (): Promise<IDBDatabase> => {
    const forget = (): void => {
      opening = undefined;
    };
    if (opening) return opening;
    opening = openDatabase(factory, name);
    // The next one may have more luck, and a database that the browser closed is opened anew.
    opening.then((database) => database.addEventListener("close", forget), forget);
    return opening;
  };

  async function change(work: (store: IDBObjectStore) => void): Promise<void> {
    const database = await open();
    // Strict: on the disk before it resolves.
    const transaction = database.transaction(STORE, "readwrite", { durability: "strict" });
    work(transaction.objectStore(STORE));
    await new Promise<void>((resolve, reject) => {
      transaction.addEventListener("complete", () => resolve());
      transaction.addEventListener("abort", () =>
        reject(transaction.error ?? new Error("the outbox could not be written")),
      );
    });
    // A window's postMessage takes an origin; a channel has but one.
    // oxlint-disable-next-line unicorn/require-post-message-target-origin
    channel?.postMessage(null);
  }

  return {
    async load() {
      const database = await open();
      const rows = await result<OutboxEntry[]>(database.transaction(STORE).objectStore(STORE).getAll());
      return inOrder(rows);
    },
    put: (entry) => change((store) => void store.put(entry)),
    remove: (id) => change((store) => void store.delete(id)),
    onChange(listener) {
      const own = (): void => listener();
      channel?.addEventListener("message", own);
      return () => channel?.removeEventListener("message", own);
    },
    close() {
      channel?.close();
      channel = undefined;
      opening?.then(
        (database) => database.close(),
        () => undefined,
      );
    },
  };
}

async function openDatabase(factory: IDBFactory, name: string): Promise<IDBDatabase> {
  const request = factory.open(name, 1);
  request.addEventListener("upgradeneeded", () => void request.result.createObjectStore(STORE, { keyPath: "id" }));
  const database = await result(request);
  // A later version of the SDK in another tab must not wait for this one.
  database.addEventListener("versionchange", () => database.close());
  return database;
}

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error ?? new Error("the outbox could not be read")));
  });
}
