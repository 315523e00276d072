import yauzl from "yauzl";
import { buffer } from "node:stream/consumers";
import { SlackExportError } from "./slack-export-error.ts";

/** A file of the archive may be this large unpacked: a day of a busy channel is a few megabytes. */
const MAX_ENTRY_BYTES = 256 * 1024 * 1024;
const MAX_ENTRIES = 1_000_000;

/** The JSON files of an export, by path. Nothing is written to disk, so names in the archive cannot lead anywhere. */
export interface SlackArchive extends AsyncDisposable {
  readonly paths: readonly string[];
  /** The parsed file; undefined when the archive has none of that name. Throws SlackExportError when it is no JSON. */
  read(path: string): Promise<unknown>;
}

/** Opens the archive and lists it. Throws SlackExportError for what is no zip file. */
export async function openArchive(file: string): Promise<SlackArchive> {
  const zip = await open(file);
  const entries = await list(zip);
  return {
    paths: [...entries.keys()],
    async read(path) {
      const entry = entries.get(path);
      if (!entry) return undefined;
      if (entry.uncompressedSize > MAX_ENTRY_BYTES)
        throw new SlackExportError(`${path} is larger than ${MAX_ENTRY_BYTES} bytes`);
      const stream = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
        zip.openReadStream(entry, (error, opened) => (error ? reject(error) : resolve(opened)));
      });
      try {
        return JSON.parse((await buffer(stream)).toString("utf8"));
      } catch (error) {
        throw new SlackExportError(`${path} is no JSON`, { cause: error });
      }
    },
    async [Symbol.asyncDispose]() {
      zip.close();
    },
  };
}

function open(file: string): Promise<yauzl.ZipFile> {
  return new Promise((resolve, reject) => {
    yauzl.open(file, { lazyEntries: true, autoClose: false, validateEntrySizes: true }, (error, zip) => {
      if (error)
        reject(new SlackExportError(`${file} cannot be read as a zip file: ${error.message}`, { cause: error }));
      else resolve(zip);
    });
  });
}

/** Exports are sometimes packed with their folder: then its name is left out of the paths. */
async function list(zip: yauzl.ZipFile): Promise<Map<string, yauzl.Entry>> {
  const entries = new Map<string, yauzl.Entry>();
  await new Promise<void>((resolve, reject) => {
    zip.on("entry", (entry: yauzl.Entry) => {
      if (entry.fileName.endsWith(".json")) entries.set(entry.fileName, entry);
      if (entries.size > MAX_ENTRIES) reject(new SlackExportError("the archive has too many files"));
      else zip.readEntry();
    });
    zip.on("end", resolve);
    zip.on("error", (error: Error) =>
      reject(new SlackExportError(`the archive is damaged: ${error.message}`, { cause: error })),
    );
    zip.readEntry();
  });
  if (entries.has("users.json")) return entries;
  const folder = [...entries.keys()].find((path) => path.endsWith("/users.json"))?.slice(0, -"users.json".length);
  if (folder === undefined) throw new SlackExportError("this is no Slack export: it has no users.json");
  return new Map(
    [...entries].flatMap(([path, entry]) => (path.startsWith(folder) ? [[path.slice(folder.length), entry]] : [])),
  );
}
