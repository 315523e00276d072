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
}

/** Fills the database with people and conversations as the services would leave them, by SQL: making them is not what is measured. */
export async function setStage(connectionString: string, options: StageOptions): Promise<Scene[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const people = Array.from({ length: Math.max(options.membersEach * 10, Math.ceil(options.conversations / 4)) }, () => uuidv7());
    await client.query(
      `INSERT INTO users (id, external_id, username, slug, display_name, contact_policy)
       SELECT u, 'bench:' || u, 'bench-' || u, 'bench-' || u, 'Bench', 'everyone' FROM unnest($1::uuid[]) u`,
      [people],
    );
    const scenes = Array.from({ length: options.conversations }, (_, index) => ({ id: uuidv7(), members: cast(people, index, options) }));
    for (const scene of scenes) await makeConversation(client, scene, options.kind);
    await client.query("ANALYZE");
    return scenes;
  } finally {
    await client.end();
  }
}

/** Directs have one pair each; groups take neighbours in a ring, so that everyone is in about as many. */
function cast(people: string[], index: number, { membersEach, kind }: StageOptions): string[] {
  if (kind === "group") return Array.from({ length: membersEach }, (_, k) => people[(index * 7 + k) % people.length] as string);
  const first = index % people.length;
  const distance = 1 + Math.floor(index / people.length);
  return [people[first] as string, people[(first + distance) % people.length] as string];
}

async function makeConversation(client: pg.Client, scene: Scene, kind: string): Promise<void> {
  const direct = kind === "direct" ? scene.members.toSorted().join(":") : null;
  await client.query(
    `INSERT INTO conversations (id, kind, title, direct_key, version, created_by, created_at, updated_at) VALUES ($1, $2, $3, $4, 1, $5, now(), now())`,
    [scene.id, kind, kind === "group" ? "Bench" : null, direct, scene.members[0]],
  );
  await client.query("INSERT INTO conversation_heads (conversation_id, head) VALUES ($1, 1)", [scene.id]);
  await client.query(
    "INSERT INTO changes (conversation_id, version, type, subject_id, actor_id, at) VALUES ($1, 1, 'conversation.created', $1, $2, now())",
    [scene.id, scene.members[0]],
  );
  await client.query(
    `INSERT INTO members (conversation_id, user_id, role, rights, first_joined_seq, joined_seq, joined_at, version)
     SELECT $1, u, 'member', 1, 0, 0, now(), 1 FROM unnest($2::uuid[]) u`,
    [scene.id, scene.members],
  );
  await client.query("INSERT INTO member_marks (conversation_id, user_id) SELECT $1, u FROM unnest($2::uuid[]) u", [scene.id, scene.members]);
}
