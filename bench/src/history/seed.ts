import { v7 as uuidv7 } from "uuid";
import { addConversations, addPeople, withClient, type Scene } from "../stage.ts";
import { loadTables } from "./load-tables.ts";
import { checkTexts, createTexts, type Texts } from "./texts.ts";

/** A reader with a thousand conversations, and a history of so many messages in them; half of it in one. */
export interface History {
  readonly reader: string;
  readonly long: { readonly id: string; readonly messages: number };
}

const CONVERSATIONS = 1_000;
const PEOPLE = 50;
const YEAR_MS = 365 * 24 * 60 * 60 * 1_000;
/** Messages whose rows travel together. */
const PIECE = 2_000;

const TABLES = {
  messages: "conversation_id, seq, ordinal, version, id, sender_id, content_type, content, fingerprint, created_at",
  changes: "conversation_id, version, xid, type, subject_id, actor_id, at",
  message_search: "message_id, conversation_id, seq, sender_id, created_at, body, words",
};

/** Every cluster has used up these transaction ids before ours begin, so rows that have them are behind all cursors. */
const FIRST_XID = 3;
const XIDS = 500;

/**
 * Fills the database by COPY with a year of messages as the services and the search follower would leave them, conversations mixed
 * as time mixes them. Nobody else may use it meanwhile; whatever messages it had are gone.
 */
export async function seedHistory(
  connectionString: string,
  messages: number,
  say: (line: string) => void,
): Promise<History> {
  return await withClient(connectionString, async (client) => {
    const people = Array.from({ length: PEOPLE }, () => uuidv7());
    await addPeople(client, people);
    const scenes = Array.from({ length: CONVERSATIONS }, (_, index) => ({
      id: uuidv7(),
      members: [people[0] as string, people[1 + (index % (PEOPLE - 1))] as string],
    }));
    await addConversations(client, scenes, "group");
    const texts = await createTexts(client);
    const rows = createRows(scenes, messages, texts);
    await loadTables(
      connectionString,
      TABLES,
      async (copies) => {
        await copies.changes.write(rows.beginnings());
        for (let from = 0; from < messages; from += PIECE) {
          const piece = rows.piece(from, Math.min(messages, from + PIECE));
          await Promise.all([
            copies.messages.write(piece.messages),
            copies.changes.write(piece.changes),
            copies.message_search.write(piece.search),
          ]);
          if (from > 0 && from % 500_000 === 0)
            say(`${from.toLocaleString("en")} of ${messages.toLocaleString("en")} messages`);
        }
      },
      say,
    );
    await client.query(SETTLE, [scenes.map(({ id }) => id), rows.counts()]);
    // What is before its cursor a follower has done.
    await client.query(
      `INSERT INTO follower_cursors (name, next_xid) SELECT name, pg_current_xact_id() FROM unnest($1::text[]) name
       ON CONFLICT (name) DO UPDATE SET next_xid = excluded.next_xid`,
      [["search", "notifications"]],
    );
    await client.query("VACUUM (ANALYZE)");
    await checkTexts(client);
    const { id, members } = scenes[0] as Scene;
    return { reader: members[0] as string, long: { id, messages: rows.counts()[0] as number } };
  });
}

/** The heads, once all messages are there. */
const SETTLE = `
  UPDATE conversation_heads h SET head = n + 1, message_count = n, last_message_seq = n + 1,
    last_message_at = (SELECT created_at FROM messages m WHERE m.conversation_id = c AND m.seq = n + 1)
  FROM unnest($1::uuid[], $2::bigint[]) AS g (c, n) WHERE h.conversation_id = c`;

interface Piece {
  readonly messages: string;
  readonly changes: string;
  readonly search: string;
}

interface Rows {
  /** Changes that made the conversations. */
  beginnings(): string;
  /** Rows of the messages from this number up to the other. */
  piece(from: number, to: number): Piece;
  /** Messages in each conversation so far. */
  counts(): readonly number[];
}

function createRows(scenes: readonly Scene[], messages: number, texts: Texts): Rows {
  const counts = scenes.map(() => 0);
  const start = Date.now() - YEAR_MS;
  const step = YEAR_MS / messages;
  const rareEvery = Math.floor(messages / 20);

  function place(number: number): number {
    return number % 2 === 0 ? 0 : 1 + (((number - 1) / 2) % (scenes.length - 1));
  }

  return {
    beginnings: () =>
      scenes
        .map(
          ({ id, members }) =>
            `${id}\t1\t${FIRST_XID}\tconversation.created\t${id}\t${members[0]}\t${new Date(start).toISOString()}\n`,
        )
        .join(""),
    piece(from, to) {
      const piece = { messages: "", changes: "", search: "" };
      for (let number = from; number < to; number += 1) {
        const index = place(number);
        const { id: conversation, members } = scenes[index] as Scene;
        const ordinal = (counts[index] = (counts[index] as number) + 1);
        const seq = ordinal + 1;
        const sender = members[ordinal % 2] as string;
        const time = Math.floor(start + (number + 1) * step);
        const at = new Date(time).toISOString();
        const id = idOf(time, number);
        const { content, vector } = texts(number % rareEvery === 7);
        piece.messages += `${conversation}\t${seq}\t${ordinal}\t${seq}\t${id}\t${sender}\ttext\t${content}\t\\\\x00\t${at}\n`;
        piece.changes += `${conversation}\t${seq}\t${FIRST_XID + Math.floor((number / messages) * XIDS)}\tmessage.created\t${id}\t${sender}\t${at}\n`;
        piece.search += `${id}\t${conversation}\t${seq}\t${sender}\t${at}\t${content}\t${vector}\n`;
      }
      return piece;
    },
    counts: () => counts,
  };
}

/** A version 7 UUID of this time. */
function idOf(time: number, number: number): string {
  const stamp = time.toString(16).padStart(12, "0");
  return `${stamp.slice(0, 8)}-${stamp.slice(8)}-7000-8000-${number.toString(16).padStart(12, "0")}`;
}
