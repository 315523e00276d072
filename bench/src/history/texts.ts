import type pg from "pg";

/** In about every sixth message. */
export const COMMON_WORD = "rebaba";
/** In one of seven hundred messages. */
export const UNCOMMON_WORD = "gagafe";
/** In twenty messages, however many there are. */
export const RARE_WORD = "zanzibar";

/** Two thousand words of syllables, frequent as words are: the first ones often, the last ones seldom. */
const SYLLABLES = ["ba", "re", "mi", "to", "lu", "ska", "ner", "vol", "pin", "dor", "ga", "fe", "shi"];
const WORDS = Array.from({ length: 2_000 }, (_, number) =>
  [number, number / 13, number / 169].map((part) => SYLLABLES[Math.floor(part) % SYLLABLES.length]).join(""),
);
/** Words to pick from by chance, each as often as it is frequent. */
const FREQUENCIES = Uint16Array.from({ length: 65_536 }, (_, place) =>
  Math.floor(WORDS.length * ((place + 0.5) / 65_536) ** 3),
);
/** The gap that `search_words` leaves between stems and words as they stand. */
const GAP = 64;

/** What a message says, and the text search vector that `search_words` makes of it. */
export interface Text {
  readonly content: string;
  readonly vector: string;
}

/** Answers texts, always the same ones in the same order. */
export type Texts = (withRareWord: boolean) => Text;

/**
 * Asks the server once for the stem of each word, so that it need not read ten million texts: what it would make of them is put
 * together here. `checkTexts` holds it to that.
 */
export async function createTexts(client: pg.Client): Promise<Texts> {
  const { rows } = await client.query<{ stem: string }>(
    `SELECT (tsvector_to_array(to_tsvector('english', word)))[1] AS stem
     FROM unnest($1::text[]) WITH ORDINALITY AS w (word, n) ORDER BY n`,
    [[...WORDS, RARE_WORD]],
  );
  const stems = rows.map(({ stem }) => stem);
  const vocabulary = [...WORDS, RARE_WORD];
  const rare = WORDS.length;
  const random = createRandom(1);
  const picked: number[] = [];
  return (withRareWord) => {
    picked.length = 0;
    const length = 7 + Math.floor(random() * 5);
    for (let place = 0; place < length; place += 1)
      picked.push(FREQUENCIES[Math.floor(random() * FREQUENCIES.length)] as number);
    if (withRareWord) picked.push(rare);
    let content = "";
    let vector = "";
    for (let place = 0; place < picked.length; place += 1) {
      const number = picked[place] as number;
      const word = vocabulary[number] as string;
      content += place === 0 ? word : ` ${word}`;
      vector += `${stems[number]}:${place + 1} ${word}:${picked.length + GAP + place + 1} `;
    }
    return { content, vector };
  };
}

/** Throws unless the texts of the first and the last messages are searched as the follower would have had it. */
export async function checkTexts(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ wrong: number; seen: number }>(
    `SELECT count(*)::integer AS seen, count(*) FILTER (WHERE s.words <> search_words(s.body) OR s.body <> fold_text(m.content))::integer AS wrong
     FROM ((SELECT * FROM message_search ORDER BY created_at LIMIT 1000) UNION ALL
       (SELECT * FROM message_search ORDER BY created_at DESC LIMIT 1000)) s
     LEFT JOIN messages m ON m.id = s.message_id AND m.conversation_id = s.conversation_id AND m.seq = s.seq
       AND m.sender_id = s.sender_id AND m.created_at = s.created_at`,
  );
  const [{ wrong, seen }] = rows as [{ wrong: number; seen: number }];
  if (seen !== 2_000 || wrong !== 0)
    throw new Error(`of ${seen} seeded texts, ${wrong} are not as search would have them`);
}

/** Numbers from 0 to 1 that look like chance (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
