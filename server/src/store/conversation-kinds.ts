import type { ConversationId } from "../domain/ids.ts";
import type { Reader } from "./database.ts";

/** What kind of conversation it is, which never changes; undefined where there is none. */
export async function findConversationKind(db: Reader, id: ConversationId): Promise<string | undefined> {
  const [row] = await db.query<{ kind: string }>({
    name: "find_conversation_kind",
    text: "SELECT kind FROM conversations WHERE id = $1",
    values: [id],
  });
  return row?.kind;
}
