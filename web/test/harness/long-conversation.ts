import type { TestNode } from "../../../server/test/harness/node.ts";

/** What people say, by turns: short and long, with code, lists, quotes, tables and links. `{n}` is the number of the message. */
const SAYINGS = [
  "Message {n}",
  "Message {n}: the engine has been running since noon, and nobody has touched the lever on the left side of the mill.",
  "Message {n}\n\n- first\n- second\n- **third**, with https://example.com/a/b?c={n}",
  "Message {n}\n```ts\nconst answer = {n};\nconsole.log(answer);\n```",
  "> quoted {n}\n\nMessage {n} says _yes_ to that.",
  "Message {n}\n\n| part | count |\n|---|---|\n| wheels | {n} |\n| rods | 12 |",
  "Message {n}: ok 👍",
  "Message {n}. ".repeat(40),
];

export interface LongConversation {
  readonly id: string;
  readonly title: string;
}

/** A group with so many messages, put in at once: as an import leaves them. */
export async function makeLongConversation(
  node: TestNode,
  tokens: readonly [string, string],
  count: number,
): Promise<LongConversation> {
  const [owner, other] = await Promise.all(
    tokens.map((token) => node.done<{ id: string }>(token, "GET", "/v1/users/me")),
  );
  const title = `Long ${count}`;
  const { id } = await node.done<{ id: string }>(tokens[0], "POST", "/v1/conversations", {
    kind: "group",
    title,
    member_ids: [other?.id],
  });
  await node.database.query({
    text: `
      WITH start AS (SELECT head, message_count FROM conversation_heads WHERE conversation_id = $1),
      given AS (
        SELECT n, s.head + n AS seq, s.message_count + n AS ordinal, gen_random_uuid() AS id,
               CASE WHEN (n / 3) % 2 = 0 THEN $2::uuid ELSE $3::uuid END AS sender_id,
               now() - ($4::int - n) * interval '3 minutes' AS at,
               replace(($5::text[])[1 + n % cardinality($5::text[])], '{n}', n::text) AS content
          FROM start s, generate_series(1, $4::int) n),
      added AS (
        INSERT INTO messages (conversation_id, seq, ordinal, version, id, sender_id, content_type, content, fingerprint, created_at)
        SELECT $1, seq, ordinal, seq, id, sender_id, 'text', content, '\\x00', at FROM given),
      logged AS (
        INSERT INTO changes (conversation_id, version, type, subject_id, actor_id, at, imported)
        SELECT $1, seq, 'message.created', id, sender_id, at, true FROM given)
      UPDATE conversation_heads h
         SET head = h.head + $4::int, message_count = h.message_count + $4::int, last_message_seq = h.head + $4::int,
             last_message_at = now()
       WHERE conversation_id = $1`,
    values: [id, owner?.id, other?.id, count, SAYINGS],
  });
  return { id, title };
}
