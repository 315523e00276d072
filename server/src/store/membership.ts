import type { ConversationId, UserId } from "../domain/ids.ts";
import type { PermissionOverrides, Role } from "../domain/permissions.ts";
import type { Writer } from "./database.ts";
import { memberColumns, toMemberRow, type MemberRecord, type MemberRow } from "./members.ts";

/** Someone who becomes a member. */
export interface NewMember {
  readonly userId: UserId;
  readonly role: Role;
  readonly permissions: PermissionOverrides;
  /** `rightsOf(role, permissions)`. */
  readonly rights: number;
  /** The head just before they join; 0 where they are in from the beginning. */
  readonly joinedSeq: number;
  /** Of the change that tells it. */
  readonly version: number;
}

export interface Joining {
  readonly conversationId: ConversationId;
  readonly at: Date;
  /** Where the conversation is now: their marks go there, so that nothing from before is unread. */
  readonly present: { readonly lastMessageSeq: number; readonly messageCount: number };
  readonly people: readonly NewMember[];
}

/**
 * Makes people members, or members again: who was in before keeps the place of the first joining. Sets their marks to the present
 * (never back) and brings the conversation back into their list. One statement; answers the rows, in no order.
 */
export async function insertMembers(tx: Writer, joining: Joining): Promise<MemberRow[]> {
  const { conversationId, at, present, people } = joining;
  const records = await tx.query<MemberRecord>({
    name: "insert_members",
    text: `WITH given AS (
             SELECT * FROM json_to_recordset($2::json)
               AS n (user_id uuid, role text, permissions jsonb, rights integer, joined_seq bigint, version bigint)
           ), marked AS (
             INSERT INTO member_marks AS k (conversation_id, user_id, last_read_seq, last_read_ordinal, last_delivered_seq)
             SELECT $1, n.user_id, $4, $5, $4 FROM given n
             ON CONFLICT (conversation_id, user_id) DO UPDATE SET
               last_read_seq = greatest(k.last_read_seq, excluded.last_read_seq),
               last_read_ordinal = greatest(k.last_read_ordinal, excluded.last_read_ordinal),
               last_delivered_seq = greatest(k.last_delivered_seq, excluded.last_delivered_seq)
           ), shown AS (
             UPDATE member_settings s SET archived_at = NULL, archived_ordinal = NULL, hidden_ordinal = NULL
             FROM given n WHERE s.conversation_id = $1 AND s.user_id = n.user_id
           )
           INSERT INTO members AS m (conversation_id, user_id, role, permissions, rights, first_joined_seq, joined_seq, joined_at, version)
           SELECT $1, n.user_id, n.role, n.permissions, n.rights, n.joined_seq, n.joined_seq, $3, n.version FROM given n
           ON CONFLICT (conversation_id, user_id) DO UPDATE SET
             role = excluded.role, permissions = excluded.permissions, rights = excluded.rights,
             joined_seq = excluded.joined_seq, joined_at = excluded.joined_at, version = excluded.version,
             sight_version = excluded.version, left_at = NULL
           RETURNING ${memberColumns("m")}`,
    values: [conversationId, encodeMembers(people), at, present.lastMessageSeq, present.messageCount],
  });
  return records.map(toMemberRow);
}

function encodeMembers(people: readonly NewMember[]): string {
  return JSON.stringify(
    people.map((person) => ({
      user_id: person.userId,
      role: person.role,
      permissions: person.permissions,
      rights: person.rights,
      joined_seq: person.joinedSeq,
      version: person.version,
    })),
  );
}

/** Ends a membership. The row stays, so that rejoining finds what was, and catch-up tells of the leaving. */
export async function endMembership(
  tx: Writer,
  ending: { conversationId: ConversationId; userId: UserId; version: number; at: Date },
): Promise<void> {
  await tx.execute({
    name: "end_membership",
    text: `UPDATE members SET left_at = $4, version = $3 WHERE conversation_id = $1 AND user_id = $2 AND left_at IS NULL`,
    values: [ending.conversationId, ending.userId, ending.version, ending.at],
  });
}

/** Writes role and overrides with the rights that follow from them. */
export async function updateRights(
  tx: Writer,
  member: Pick<MemberRow, "conversationId" | "userId" | "role" | "permissions" | "rights" | "version">,
): Promise<MemberRow> {
  const [record] = await tx.query<MemberRecord>({
    name: "update_rights",
    // Owners and admins see the whole history, and guests without manage_members (2) do not see who is in.
    text: `UPDATE members m SET role = $3, permissions = $4, rights = $5, version = $6,
             sight_version = CASE
               WHEN (m.role IN ('owner', 'admin')) <> ($3 IN ('owner', 'admin'))
                 OR (m.role = 'guest' AND m.rights & 2 = 0) <> ($3 = 'guest' AND $5 & 2 = 0) THEN $6
               ELSE m.sight_version END
           WHERE m.conversation_id = $1 AND m.user_id = $2 AND m.left_at IS NULL
           RETURNING ${memberColumns("m")}`,
    values: [
      member.conversationId,
      member.userId,
      member.role,
      JSON.stringify(member.permissions),
      member.rights,
      member.version,
    ],
  });
  if (!record) throw new Error(`member ${member.userId} left under the lock of the head`);
  return toMemberRow(record);
}
