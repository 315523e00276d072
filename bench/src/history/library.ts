import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { startDatabase } from "../database.ts";
import { createHttpClient, type HttpClient } from "../load/http-client.ts";
import { folderAt } from "../machine/ending.ts";
import type { Stand } from "../scenario.ts";
import { seedHistory, type History } from "./seed.ts";

/** A service with a history, and its reader's way to it. */
export interface Library extends AsyncDisposable {
  readonly http: HttpClient;
  readonly history: History;
  readonly token: string;
}

/**
 * Starts a service on so many messages. With `keepIn`, the database is kept in that folder, and used again by whoever asks for as
 * many messages there.
 */
export async function openLibrary(stand: Stand, messages: number, keepIn: string | undefined): Promise<Library> {
  const kept = keepIn === undefined ? undefined : join(resolve(keepIn), `history-${messages}`);
  const folder = folderAt(kept, "parley-history-");
  const note = join(folder.path, "history.json");
  if (!existsSync(note)) writeFileSync(note, JSON.stringify(await fillFolder(stand, folder.path, messages)));
  const history = JSON.parse(readFileSync(note, "utf8")) as History;
  const service = await stand.startService({ directory: folder.path });
  const http = createHttpClient(service.url, 1);
  return {
    http,
    history,
    token: await service.tokenOf(history.reader),
    async [Symbol.asyncDispose]() {
      http.close();
      await service[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

async function fillFolder(stand: Stand, directory: string, messages: number): Promise<History> {
  const count = messages.toLocaleString("en");
  stand.say(`${count} messages are being written`);
  // Without the service: what is loaded is no news to anyone.
  await using database = await startDatabase({ directory, fsync: false });
  const start = performance.now();
  const history = await seedHistory(database.connectionString, messages, stand.say);
  stand.sample(`seeding ${count}`, messages / ((performance.now() - start) / 1_000), "messages/s");
  return history;
}
