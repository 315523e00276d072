import type { Writer } from "./database.ts";

/** Characters of a message that are searched. Longer ones come with imports alone. */
const LONGEST = 100_000;

/**
 * Brings the index to what these messages are now: content and the names of files; deleted messages, and all of confidential
 * channels, are taken out. Doing it again changes nothing.
 */
export async function indexMessages(tx: Writer, messageIds: readonly string[]): Promise<void> {
  await tx.execute({
    name: "index_messages",
    text: `WITH texts AS MATERIALIZED (
             SELECT m.id, m.conversation_id, m.seq, m.sender_id, m.created_at,
               fold_text(left(concat_ws(E'\\n', nullif(m.content, ''), m.metadata->>'name',
                 (SELECT string_agg(a->>'name', E'\\n') FROM jsonb_array_elements(m.attachments) a)), ${LONGEST})) AS body
             FROM unnest($1::uuid[]) AS given (id)
             JOIN messages m ON m.id = given.id
             JOIN conversations c ON c.id = m.conversation_id
             WHERE m.deleted_at IS NULL AND c.visibility <> 'confidential'
           ), gone AS (
             DELETE FROM message_search s USING unnest($1::uuid[]) AS given (id)
             WHERE s.message_id = given.id AND NOT EXISTS (SELECT FROM texts t WHERE t.id = given.id AND t.body <> '')
           )
           INSERT INTO message_search AS s (message_id, conversation_id, seq, sender_id, created_at, body, words)
           SELECT t.id, t.conversation_id, t.seq, t.sender_id, t.created_at, t.body, search_words(t.body) FROM texts t WHERE t.body <> ''
           ON CONFLICT (message_id) DO UPDATE SET body = excluded.body, words = excluded.words
           WHERE s.body <> excluded.body`,
    values: [messageIds],
  });
}

/** Of these, the messages that are not in the index. */
export async function findUnindexed(tx: Writer, messageIds: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ id: string }>({
    name: "find_unindexed",
    text: `SELECT given.id FROM unnest($1::uuid[]) AS given (id)
           WHERE NOT EXISTS (SELECT FROM message_search s WHERE s.message_id = given.id)`,
    values: [messageIds],
  });
  return rows.map((row) => row.id);
}
