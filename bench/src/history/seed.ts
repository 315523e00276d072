import type pg from "pg";
import { v7 as uuidv7 } from "uuid";
import { addConversations, addPeople, withClient, type Scene } from "../stage.ts";

/** A reader with a thousand conversations, and a history of so many messages in them; half of it in one. */
export interface History {
  readonly reader: string;
  readonly scenes: readonly Scene[];
  readonly long: { readonly id: string; readonly messages: number };
}

const CONVERSATIONS = 1_000;
/** Messages written by one statement. */
const PIECE = 100_000;

/**
 * Fills the database with rows as the services and the search follower would leave them. The server makes the rows itself: that is
 * as fast as COPY and needs no data to travel. The indexes of search are made when everything is there, as a restore would.
 */
export async function seedHistory(
  connectionString: string,
  messages: number,
  say: (line: string) => void,
): Promise<History> {
  return await withClient(connectionString, async (client) => {
    const people = Array.from({ length: 50 }, () => uuidv7());
    const reader = people[0] as string;
    await addPeople(client, people);
    const scenes = Array.from({ length: CONVERSATIONS }, (_, index) => ({
      id: uuidv7(),
      members: [reader, people[1 + (index % 49)] as string],
    }));
    await addConversations(client, scenes, "group");
    await client.query("SET synchronous_commit = off; SET maintenance_work_mem = '512MB'");
    await client.query("DROP INDEX message_search_words, message_search_body");
    const long = scenes[0] as Scene;
    const rest = Math.floor(messages / 2 / (CONVERSATIONS - 1));
    const inLong = messages - rest * (CONVERSATIONS - 1);
    for (let from = 0; from < inLong; from += PIECE) {
      await write(client, long, [long], from, Math.min(PIECE, inLong - from));
      say(
        `${(from + Math.min(PIECE, inLong - from)).toLocaleString("en")} of ${messages.toLocaleString("en")} messages`,
      );
    }
    const others = scenes.slice(1);
    const atOnce = Math.max(1, Math.floor(PIECE / rest));
    for (let from = 0; from < others.length; from += atOnce)
      await write(client, long, others.slice(from, from + atOnce), 0, rest);
    say("the indexes of search");
    await client.query("CREATE INDEX message_search_words ON message_search USING gin (words)");
    await client.query("CREATE INDEX message_search_body ON message_search USING gin (body gin_trgm_ops)");
    await client.query("VACUUM (ANALYZE)");
    return { reader, scenes, long: { id: long.id, messages: inLong } };
  });
}

/** Two thousand words of syllables, frequent as words are: the first ones often, the last ones seldom. */
const SYLLABLES = ["ba", "re", "mi", "to", "lu", "ska", "ner", "vol", "pin", "dor", "ga", "fe", "shi"];
const SYLLABLE = (divisor: number): string =>
  `(ARRAY[${SYLLABLES.map((each) => `'${each}'`).join(",")}])[1 + (w / ${divisor}) % ${SYLLABLES.length}]`;
const WORD = `${SYLLABLE(1)} || ${SYLLABLE(13)} || ${SYLLABLE(169)}`;

/** In about every sixth message. */
export const COMMON_WORD = "rebaba";
/** In twenty messages, however many there are. */
export const RARE_WORD = "zanzibar";

async function write(
  client: pg.Client,
  long: Scene,
  scenes: readonly Scene[],
  from: number,
  count: number,
): Promise<void> {
  await client.query(WRITE, [
    scenes.map(({ id }) => id),
    scenes.map(({ members }) => members[1]),
    from,
    count,
    long.id,
  ]);
}

const WRITE = `
  WITH given AS MATERIALIZED (
    SELECT c AS conversation_id, s AS sender_id, n + 1 AS seq, n AS ordinal, uuidv7() AS id,
      now() - interval '1 year' + make_interval(secs => n) AS at,
      (SELECT string_agg(${WORD}, ' ') FROM (SELECT floor(2000 * power(random(), 3))::integer AS w FROM generate_series(1, 7 + n % 5)) picked)
        || CASE WHEN c = $5::uuid AND n % 250 = 17 AND n <= 5000 THEN ' ${RARE_WORD}' ELSE '' END AS content
    FROM unnest($1::uuid[], $2::uuid[]) AS g (c, s), generate_series($3::integer + 1, $3::integer + $4::integer) n
  ), message AS (
    INSERT INTO messages (conversation_id, seq, ordinal, version, id, sender_id, content_type, content, fingerprint, created_at)
    SELECT conversation_id, seq, ordinal, seq, id, sender_id, 'text', content, '\\x00', at FROM given
  ), change AS (
    INSERT INTO changes (conversation_id, version, type, subject_id, actor_id, at)
    SELECT conversation_id, seq, 'message.created', id, sender_id, at FROM given
  ), search AS (
    INSERT INTO message_search (message_id, conversation_id, seq, sender_id, created_at, body, words)
    SELECT id, conversation_id, seq, sender_id, at, content, search_words(content) FROM given
  )
  UPDATE conversation_heads h SET head = $3 + $4 + 1, message_count = $3 + $4, last_message_seq = $3 + $4 + 1, last_message_at = now()
  WHERE conversation_id = ANY ($1::uuid[])`;
