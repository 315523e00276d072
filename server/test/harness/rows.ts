import { randomUUID } from "node:crypto";
import { v7 as uuidv7 } from "uuid";
import type { Caller } from "../../src/domain/caller.ts";
import type { HistoryVisibility } from "../../src/domain/history.ts";
import { SYSTEM_USER, type ConversationId, type UserId } from "../../src/domain/ids.ts";
import { rightsOf, type PermissionOverrides, type Role } from "../../src/domain/permissions.ts";
import type { ConversationKind, ConversationVisibility } from "../../src/store/conversations.ts";
import type { Database } from "../../src/store/database.ts";

/** People and conversations written as rows, for tests of what comes after: as the services would leave them. */

export interface PersonFacts {
  username?: string;
  kind?: Caller["kind"];
  isAdmin?: boolean;
  isStaff?: boolean;
}

export async function makeUser(database: Database, facts: PersonFacts = {}): Promise<Caller> {
  const { kind = "human", isAdmin = false, isStaff = isAdmin } = facts;
  const userId = uuidv7() as UserId;
  const username = facts.username ?? `u${randomUUID().slice(0, 13)}`;
  await database.transaction((tx) =>
    tx.execute({
      text: `INSERT INTO users (id, username, slug, display_name, kind, is_admin, is_staff) VALUES ($1, $2, $2, $2, $3, $4, $5)`,
      values: [userId, username, kind, isAdmin, isStaff],
    }),
  );
  return { userId, kind, isAdmin, isStaff, isService: false };
}

/** The host's backend in its own name. */
export const HOST: Caller = { userId: SYSTEM_USER, kind: "system", isAdmin: true, isStaff: true, isService: true };

/** The host's backend acting for a user. */
export function actingFor(caller: Caller): Caller {
  return { ...caller, isService: true };
}

export interface Membership {
  who: Caller;
  role?: Role;
  permissions?: PermissionOverrides;
  joinedSeq?: number;
  firstJoinedSeq?: number;
}

export interface ConversationFacts {
  kind?: ConversationKind;
  visibility?: ConversationVisibility;
  historyVisibility?: HistoryVisibility;
  slowModeSeconds?: number;
  /** In support and system. */
  subject?: Caller;
  members?: (Caller | Membership)[];
}

/** A conversation at version 1, with its members and their marks. */
export async function makeConversation(database: Database, facts: ConversationFacts = {}): Promise<ConversationId> {
  const { kind = "group", visibility = "private", historyVisibility = "all", slowModeSeconds = 0 } = facts;
  const id = uuidv7() as ConversationId;
  const members = (facts.members ?? []).map((member): Membership => ("who" in member ? member : { who: member }));
  const creator = members[0]?.who.userId ?? SYSTEM_USER;
  const direct = kind === "direct" ? [members[0]?.who.userId, members[1]?.who.userId].toSorted().join(":") : null;
  await database.transaction(async (tx) => {
    await tx.execute({
      text: `INSERT INTO conversations (id, kind, title, visibility, history_visibility, slow_mode_seconds, direct_key, subject_user_id,
               version, created_by, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, now(), now())`,
      values: [
        id,
        kind,
        kind === "group" ? "Group" : null,
        visibility,
        historyVisibility,
        slowModeSeconds,
        direct,
        facts.subject?.userId,
        creator,
      ],
    });
    await tx.execute({ text: "INSERT INTO conversation_heads (conversation_id, head) VALUES ($1, 1)", values: [id] });
    await tx.execute({
      text: "INSERT INTO changes (conversation_id, version, type, subject_id, actor_id, at) VALUES ($1, 1, 'conversation.created', $1, $2, now())",
      values: [id, creator],
    });
    for (const { who, role = "member", permissions = {}, joinedSeq = 0, firstJoinedSeq = joinedSeq } of members) {
      await tx.execute({
        text: `INSERT INTO members (conversation_id, user_id, role, permissions, rights, first_joined_seq, joined_seq, joined_at, version)
               VALUES ($1, $2, $3, $4, $5, $6, $7, now(), 1)`,
        values: [
          id,
          who.userId,
          role,
          JSON.stringify(permissions),
          rightsOf(role, permissions),
          firstJoinedSeq,
          joinedSeq,
        ],
      });
      await tx.execute({
        text: "INSERT INTO member_marks (conversation_id, user_id) VALUES ($1, $2)",
        values: [id, who.userId],
      });
    }
  });
  return id;
}

/** Changes a row outside of the services: time passes, somebody is blocked … */
export async function run(database: Database, text: string, values: unknown[] = []): Promise<void> {
  await database.transaction((tx) => tx.execute({ text, values }));
}
