import { gemoji } from "gemoji";
import data from "emojibase-data/de/compact.json" with { type: "json" };

/**
 * What each emoji of `EMOJI` is called in German, and what one may look for it by, parted by bars. A build works this
 * out and takes the outcome alone (build/emoji-words.ts), a third of the data.
 */
const bare = (emoji: string): string => emoji.replaceAll("\uFE0F", "");
const known = new Map(data.map((entry) => [bare(entry.unicode), entry]));

export const WORDS: readonly string[] = gemoji.map(({ emoji }) => {
  const { label = "", tags = [] } = known.get(bare(emoji)) ?? {};
  return [label, ...tags].join("|");
});
