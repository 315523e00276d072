import type { JoinRequest } from "@parley/protocol";
import type { Caller } from "../../domain/caller.ts";
import type { JoinRequestRow } from "../../store/join-requests.ts";
import type { UserRow } from "../../store/users.ts";
import { toUser } from "../present-users.ts";

export function toJoinRequest(row: JoinRequestRow, user: UserRow, viewer: Caller): JoinRequest {
  return {
    conversation_id: row.conversationId,
    user_id: row.userId,
    user: toUser(user, viewer),
    status: row.status,
    created_at: row.createdAt.toISOString(),
    decided_by: row.decidedBy,
    decided_at: row.decidedAt?.toISOString() ?? null,
  };
}
