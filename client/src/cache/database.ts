import { uuidv7 } from "../uuid.ts";
import type { CacheRecord } from "./records.ts";

/** Grows when what is kept changes its form; what an earlier form left is dropped. */
const FORMAT = 1;
const STORES = ["meta", "heads", "windows"] as const;

/** Of what is kept altogether. */
export interface CacheMeta {
  readonly format: number;
  /** Changes when the cache is cleared: who still has another one writes nothing any more. */
  readonly generation: string;
  readonly userId: string;
  readonly epoch: string;
}

export interface CacheContent {
  readonly meta: CacheMeta | undefined;
  readonly generation: string;
  readonly heads: readonly CacheRecord[];
  readonly windows: readonly CacheRecord[];
}

/** What is written in one go. No id is both written and removed. */
export interface CacheBatch {
  readonly heads: readonly CacheRecord[];
  readonly windows: readonly CacheRecord[];
  readonly removedHeads: readonly string[];
  readonly removedWindows: readonly string[];
}

/**
 * - `stale`: the cache was cleared meanwhile; who used it before is to write no more
 * - `foreign`: what is there is of another epoch or user, and gives way only to who is connected
 */
export type WriteResult = "written" | "stale" | "foreign";

export interface CacheDatabase {
  load(): Promise<CacheContent>;
  /** `mayReplace`: what is of another epoch or user gives way. An older version never replaces a newer. */
  write(
    expected: { readonly generation: string; readonly userId: string; readonly epoch: string },
    batch: CacheBatch,
    mayReplace: boolean,
  ): Promise<WriteResult>;
  clear(): Promise<void>;
  close(): void;
}

export async function openCacheDatabase(name: string, factory: IDBFactory): Promise<CacheDatabase> {
  const request = factory.open(name, 1);
  request.addEventListener("upgradeneeded", () => {
    for (const store of STORES) request.result.createObjectStore(store, store === "meta" ? {} : { keyPath: "id" });
  });
  const database = await result(request);
  // A later version of the SDK in another tab must not wait for this one.
  database.addEventListener("versionchange", () => database.close());

  const begin = (mode: IDBTransactionMode): IDBTransaction => database.transaction(STORES, mode);

  return {
    async load() {
      const transaction = begin("readwrite");
      const metas = transaction.objectStore("meta");
      const [meta, heads, windows] = await Promise.all([
        result<CacheMeta | undefined>(metas.get("meta")),
        result<CacheRecord[]>(transaction.objectStore("heads").getAll()),
        result<CacheRecord[]>(transaction.objectStore("windows").getAll()),
      ]);
      if (meta?.format === FORMAT) return { meta, generation: meta.generation, heads, windows };
      const generation = clearIn(transaction);
      await done(transaction);
      return { meta: undefined, generation, heads: [], windows: [] };
    },
    async write({ generation, userId, epoch }, batch, mayReplace) {
      const transaction = begin("readwrite");
      const metas = transaction.objectStore("meta");
      const meta = await result<CacheMeta | undefined>(metas.get("meta"));
      if (meta?.generation !== generation) return "stale";
      if (meta.userId !== userId || meta.epoch !== epoch) {
        if (meta.userId !== "" && !mayReplace) return "foreign";
        for (const store of ["heads", "windows"]) transaction.objectStore(store).clear();
        metas.put({ format: FORMAT, generation, userId, epoch } satisfies CacheMeta, "meta");
      }
      putNewer(transaction.objectStore("heads"), batch.heads);
      putNewer(transaction.objectStore("windows"), batch.windows);
      for (const id of batch.removedHeads) transaction.objectStore("heads").delete(id);
      for (const id of batch.removedWindows) transaction.objectStore("windows").delete(id);
      await done(transaction);
      return "written";
    },
    async clear() {
      const transaction = begin("readwrite");
      clearIn(transaction);
      await done(transaction);
    },
    close: () => database.close(),
  };
}

/** Answers the new generation. */
function clearIn(transaction: IDBTransaction): string {
  const generation = uuidv7(Date.now());
  for (const store of STORES) transaction.objectStore(store).clear();
  const meta: CacheMeta = { format: FORMAT, generation, userId: "", epoch: "" };
  transaction.objectStore("meta").put(meta, "meta");
  return generation;
}

/** Another tab may know more by now. */
function putNewer(store: IDBObjectStore, records: readonly CacheRecord[]): void {
  for (const record of records) {
    const request = store.get(record.id) as IDBRequest<CacheRecord | undefined>;
    request.addEventListener("success", () => {
      if ((request.result?.version ?? -1) <= record.version) store.put(record);
    });
  }
}

function done(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.addEventListener("complete", () => resolve());
    transaction.addEventListener("abort", () =>
      reject(transaction.error ?? new Error("the cache could not be written")),
    );
  });
}

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error ?? new Error("the cache could not be read")));
  });
}
