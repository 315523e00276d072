import { notFound, ParleyError, type JoinRequest, type JoinRequestListQuery, type Page } from "@parley/protocol";
import type { Caller } from "../../domain/caller.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import { recordAudit } from "../../store/audit.ts";
import type { Committer } from "../../store/committer/committer.ts";
import type { ChangeWriter } from "../../store/committer/operations.ts";
import type { Database } from "../../store/database.ts";
import {
  decideJoinRequests,
  findJoinRequest,
  listJoinRequests,
  type JoinRequestRow,
} from "../../store/join-requests.ts";
import { findMember } from "../../store/members.ts";
import { notify } from "../../store/notifications-of-services.ts";
import { accessTo, requirePermission } from "../access.ts";
import { cutPage, decodeCursor, timeAndId } from "../page-cursor.ts";
import { findPerson, type Users } from "../people.ts";
import { enter } from "./join.ts";
import { toJoinRequest } from "./present-join-requests.ts";

export interface JoinRequestsDeps {
  readonly database: Pick<Database, "query">;
  readonly committer: Pick<Committer, "change">;
  readonly users: Users;
}

export function createJoinRequests(deps: JoinRequestsDeps) {
  const { database, committer, users } = deps;
  return {
    /** Requests of one status, the oldest first. Takes `manage_members`. Throws `not_found`, `not_a_member`, `permission_denied`. */
    async joinRequests(
      caller: Caller,
      conversationId: ConversationId,
      query: JoinRequestListQuery,
    ): Promise<Page<JoinRequest>> {
      requirePermission(await accessTo(database, caller, conversationId), "manage_members");
      const after = decodeCursor(query.cursor, timeAndId);
      const rows = await listJoinRequests(database, conversationId, {
        status: query.status,
        after: after ? { createdAt: after.at, userId: after.id as UserId } : undefined,
        limit: query.limit + 1,
      });
      const page = cutPage(rows, query.limit, (row) => [row.createdAt.getTime(), row.userId]);
      const people = await users.many(page.rows.map((row) => row.userId));
      const items = page.rows.flatMap((row) => {
        const user = people.get(row.userId);
        return user ? [toJoinRequest(row, user, caller)] : [];
      });
      return { items, next_cursor: page.nextCursor };
    },

    /**
     * Lets someone in who has asked, or refuses; whoever was refused may ask again. Deciding the same again changes nothing. Takes
     * `manage_members`.
     *
     * Throws `not_found` where nobody has asked, `not_a_member`, `permission_denied`, and `conflict` where it was decided otherwise
     * already, the person has left the space since, or the channel is full.
     */
    async decideJoinRequest(
      caller: Caller,
      conversationId: ConversationId,
      userId: UserId,
      approved: boolean,
    ): Promise<JoinRequest> {
      const row = await committer.change(conversationId, (change) => decide(change, caller, userId, approved));
      return toJoinRequest(row, await findPerson(users, userId), caller);
    },
  };
}

async function decide(
  change: ChangeWriter,
  caller: Caller,
  userId: UserId,
  approved: boolean,
): Promise<JoinRequestRow> {
  const { conversationId } = change;
  const access = await accessTo(change, caller, conversationId);
  requirePermission(access, "manage_members");
  const request = await findJoinRequest(change, conversationId, userId);
  if (!request) throw notFound("join request");
  const status = approved ? "approved" : "refused";
  if (request.status === status) return request;
  if (request.status !== "pending") {
    throw new ParleyError("conflict", { detail: `This request was ${request.status} already.` });
  }
  const member = await findMember(change, conversationId, userId);
  if (approved && (!member || member.leftAt)) {
    await enter(change, caller.userId, access.conversation, userId);
  }
  await decideJoinRequests(change, conversationId, [userId], { status, by: caller.userId, at: change.now });
  // Whoever is let in is told of having been added.
  if (!approved) await notify(change, [{ userId, reason: "join_refused", conversationId }]);
  await recordAudit(change, {
    actorId: caller.userId,
    action: `join_request.${status}`,
    conversationId,
    subjectId: userId,
  });
  return { ...request, status, decidedAt: change.now, decidedBy: caller.userId };
}
