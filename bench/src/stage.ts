import pg from "pg";
import { v7 as uuidv7 } from "uuid";

/** A conversation of the stage with its members. */
export interface Scene {
  readonly id: string;
  readonly members: readonly string[];
}

export interface StageOptions {
  readonly conversations: number;
  readonly membersEach: number;
  readonly kind: "group" | "direct";
  /** People who share the conversations among them; each is in about `conversations × membersEach ÷ people`. */
  readonly people: number;
  /** Messages that each conversation holds already, which are nobody's news any more; default none. */
  readonly messagesEach?: number;
  /** Which conversations hold them; default all. */
  readonly hasMessages?: (index: number) => boolean;
}

/** Fills the database with people and conversations as the services would leave them, by SQL: making them is not what is measured, nor is telling of it. */
export async function setStage(connectionString: string, options: StageOptions): Promise<Scene[]> {
  return await withClient(connectionString, async (client) => {
    const people = Array.from({ length: options.people }, () => uuidv7());
    await addPeople(client, people);
    const scenes = Array.from({ length: options.conversations }, (_, index) => ({
      id: uuidv7(),
      members: cast(people, index, options),
    }));
    await addConversations(client, scenes, options.kind);
    const { messagesEach, hasMessages = () => true } = options;
    if (messagesEach) {
      await addMessages(
        client,
        scenes.filter((_, index) => hasMessages(index)),
        messagesEach,
      );
      await followersDone(client);
    }
    await client.query("ANALYZE");
    return scenes;
  });
}

export async function withClient<T>(connectionString: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const SETTLING_MS = 120_000;

/** Waits until everything that follows from messages (search, notifications) is written: a backlog would be measured with what comes next. */
export async function untilFollowed(connectionString: string): Promise<void> {
  await withClient(connectionString, async (client) => {
    const deadline = performance.now() + SETTLING_MS;
    for (;;) {
      const { rows } = await client.query<{ behind: boolean }>(
        `SELECT EXISTS (SELECT FROM follower_cursors f WHERE EXISTS (SELECT FROM changes c WHERE c.xid >= f.next_xid)) AS behind`,
      );
      if (!rows[0]?.behind) return;
      if (performance.now() > deadline) throw new Error("the service does not catch up with what was written");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });
}

export async function addPeople(client: pg.Client, people: readonly string[]): Promise<void> {
  await client.query(
    `INSERT INTO users (id, external_id, username, slug, display_name, contact_policy)
     SELECT u, 'bench:' || u, 'bench-' || u, 'bench-' || u, 'Bench', 'everyone' FROM unnest($1::uuid[]) u`,
    [people],
  );
}

/** Directs have one pair each; groups take people in turn, so that everyone is in about as many. */
function cast(people: readonly string[], index: number, { membersEach, kind }: StageOptions): string[] {
  if (kind === "group")
    return Array.from({ length: membersEach }, (_, k) => people[(index * membersEach + k) % people.length] as string);
  const first = index % people.length;
  const distance = 1 + Math.floor(index / people.length);
  return [people[first] as string, people[(first + distance) % people.length] as string];
}

/** Large stages in pieces: a parameter has its limits. */
const PIECE = 5_000;

export async function addConversations(
  client: pg.Client,
  scenes: readonly Scene[],
  kind: "group" | "direct",
): Promise<void> {
  for (let from = 0; from < scenes.length; from += PIECE) {
    const piece = scenes.slice(from, from + PIECE);
    const rows = piece.map(({ id, members }) => ({
      id,
      kind,
      title: kind === "group" ? "Bench" : null,
      direct_key: kind === "direct" ? members.toSorted().join(":") : null,
      made_by: members[0],
      members,
    }));
    await client.query(MAKE, [JSON.stringify(rows)]);
  }
}

const MAKE = `
  WITH given AS MATERIALIZED (
    SELECT * FROM json_to_recordset($1::json) AS g (id uuid, kind text, title text, direct_key text, made_by uuid, members uuid[])
  ), conversation AS (
    INSERT INTO conversations (id, kind, title, direct_key, version, created_by, created_at, updated_at)
    SELECT id, kind, title, direct_key, 1, made_by, now(), now() FROM given
  ), head AS (
    INSERT INTO conversation_heads (conversation_id, head) SELECT id, 1 FROM given
  ), change AS (
    INSERT INTO changes (conversation_id, version, type, subject_id, actor_id, at, imported)
    SELECT id, 1, 'conversation.created', id, made_by, now(), true FROM given
  ), member AS (
    INSERT INTO members (conversation_id, user_id, role, rights, first_joined_seq, joined_seq, joined_at, version)
    SELECT id, u, 'member', 1, 0, 0, now(), 1 FROM given, unnest(members) u
  )
  INSERT INTO member_marks (conversation_id, user_id) SELECT id, u FROM given, unnest(members) u`;

/** So many messages for each conversation, written by its members in turn, with versions from 2 on. */
export async function addMessages(client: pg.Client, scenes: readonly Scene[], each: number): Promise<void> {
  for (let from = 0; from < scenes.length; from += PIECE) {
    const piece = scenes.slice(from, from + PIECE);
    await client.query(WRITE, [piece.map(({ id }) => id), piece.map(({ members }) => members[0]), each]);
  }
}

/** Waits until what follows from the messages is done, as it was when they were written while everyone was away. */
async function followersDone(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ xid: string }>("SELECT xid::text FROM changes ORDER BY xid DESC LIMIT 1");
  for (;;) {
    const behind = await client.query("SELECT FROM follower_cursors WHERE next_xid <= $1::xid8", [rows[0]?.xid]);
    if (behind.rowCount === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const WRITE = `
  WITH given AS MATERIALIZED (
    SELECT c AS conversation_id, s AS sender_id, n + 1 AS seq, n AS ordinal, gen_random_uuid() AS id
    FROM unnest($1::uuid[], $2::uuid[]) AS g (c, s), generate_series(1, $3::integer) n
  ), message AS (
    INSERT INTO messages (conversation_id, seq, ordinal, version, id, sender_id, content_type, content, fingerprint, created_at)
    SELECT conversation_id, seq, ordinal, seq, id, sender_id, 'text', 'what was said while you were away, number ' || ordinal, '\\x00', now() FROM given
  ), change AS (
    INSERT INTO changes (conversation_id, version, type, subject_id, actor_id, at, imported)
    SELECT conversation_id, seq, 'message.created', id, sender_id, now(), true FROM given
  )
  UPDATE conversation_heads h SET head = $3 + 1, message_count = $3, last_message_seq = $3 + 1, last_message_at = now()
  WHERE conversation_id = ANY ($1::uuid[])`;
