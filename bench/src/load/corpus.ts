import { existsSync } from "node:fs";
import { join } from "node:path";
import { openArchive } from "@parley/server/adapters/slack-export/archive.js";
import { toMarkdown } from "@parley/server/adapters/slack-export/mrkdwn.js";

/** What people say to each other, and where it is from. */
export interface Corpus {
  readonly source: "a Slack export" | "generated";
  readonly texts: readonly string[];
}

/** Beside the repository, where the tests look for it too. */
const EXPORT = join(import.meta.dirname, "../../../../shared/data/slack-export.zip");
/** Longer ones are logs that somebody pasted. */
const LONGEST = 2_000;

/** What real people wrote, where their export is there; else sentences of the lengths that people's have. */
export async function readCorpus(): Promise<Corpus> {
  if (!existsSync(EXPORT)) return { source: "generated", texts: generated() };
  await using archive = await openArchive(EXPORT);
  const texts: string[] = [];
  for (const path of archive.paths.filter((each) => /\/\d{4}-\d\d-\d\d\.json$/.test(each)).toSorted()) {
    const messages = (await archive.read(path)) as { subtype?: string; text?: string }[];
    for (const { subtype, text } of messages) {
      if (subtype !== undefined || !text) continue;
      const said = toMarkdown(text, { user: () => undefined, channel: () => undefined }).trim();
      if (said !== "" && said.length <= LONGEST) texts.push(said);
    }
  }
  return { source: "a Slack export", texts };
}

const WORDS =
  "the a to of and is it that in we you this for on not with be have was are but so can just if what there about think know like would when how works now one time get make try really yes thanks good same something here they see need use code test run change new right still question maybe".split(
    " ",
  );

/** Lengths in words at each tenth of what people write: most say little, few say much. */
const LENGTHS = [2, 4, 6, 8, 10, 13, 16, 21, 30, 60];

function generated(): string[] {
  return Array.from({ length: 2_000 }, (_, number) =>
    Array.from(
      { length: LENGTHS[number % LENGTHS.length] as number },
      (__, place) => WORDS[(number * 31 + place * (17 + (number % 7))) % WORDS.length],
    ).join(" "),
  );
}
