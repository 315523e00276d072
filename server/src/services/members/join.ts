import { ParleyError, type JoinRequest, type Member } from "@parley/protocol";
import type { Caller } from "../../domain/caller.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import { denialsOf } from "../../domain/permissions.ts";
import type { Committer } from "../../store/committer/committer.ts";
import type { ChangeWriter } from "../../store/committer/operations.ts";
import type { ConversationRow } from "../../store/conversations.ts";
import { askToJoin, decideJoinRequests, type JoinRequestRow } from "../../store/join-requests.ts";
import { findMember, findSpaceRoles, type MemberRow } from "../../store/members.ts";
import { notifyOfJoinRequest } from "../../store/notifications-of-services.ts";
import { accessTo } from "../access.ts";
import { findPerson, requirePerson, type Users } from "../people.ts";
import { letIn, type Entrant } from "./membership.ts";
import { toJoinRequest } from "./present-join-requests.ts";
import type { MemberPresenter } from "./present-members.ts";

export interface JoinDeps {
  readonly committer: Pick<Committer, "change">;
  readonly presenter: MemberPresenter;
  readonly users: Users;
}

/** Joining is done at once, or waits for somebody's approval. */
export type Joined = { readonly member: Member } | { readonly joinRequest: JoinRequest };

export function createJoin(deps: JoinDeps) {
  const { committer, presenter, users } = deps;
  return {
    /**
     * Joins a public channel, or asks to where joining needs approval. Joining or asking again changes nothing. Guests of the space
     * join as guests; denials from an earlier membership still hold.
     *
     * Throws `not_found` for what is no public channel the caller can see, `permission_denied` for the host's backend in its own
     * name, and `conflict` for staff in support conversations and beyond 10,000 members.
     */
    async join(caller: Caller, conversationId: ConversationId): Promise<Joined> {
      requirePerson(caller);
      const outcome = await committer.change(conversationId, (change) => joinUnderLock(change, caller));
      if ("member" in outcome) return { member: await presenter.presentOne(outcome.member, caller) };
      return { joinRequest: toJoinRequest(outcome.request, await findPerson(users, caller.userId), caller) };
    },
  };
}

async function joinUnderLock(
  change: ChangeWriter,
  caller: Caller,
): Promise<{ member: MemberRow } | { request: JoinRequestRow }> {
  const { conversation, member, footing } = await accessTo(change, caller, change.conversationId);
  if (member) return { member };
  if (footing !== "reader") {
    throw new ParleyError("conflict", { detail: "Staff serve support conversations without joining them." });
  }
  if (conversation.requireApproval) {
    const request = await askToJoin(change, change.conversationId, caller.userId, change.now);
    await notifyOfJoinRequest(change, change.conversationId, caller.userId);
    return { request };
  }
  // One that still waits from when approval was needed is answered by this.
  await decideJoinRequests(change, change.conversationId, [caller.userId], {
    status: "approved",
    by: null,
    at: change.now,
  });
  return { member: await enter(change, caller.userId, conversation, caller.userId) };
}

/** Lets someone in who wants in: as a guest where they are one in the space, or were one here. */
export async function enter(
  change: ChangeWriter,
  actorId: UserId,
  conversation: ConversationRow,
  userId: UserId,
): Promise<MemberRow> {
  const before = await findMember(change, change.conversationId, userId);
  const inSpace = conversation.spaceId
    ? (await findSpaceRoles(change, conversation.spaceId, [userId])).get(userId)
    : undefined;
  const entrant: Entrant = {
    userId,
    role: before?.role === "guest" || inSpace === "guest" ? "guest" : "member",
    permissions: denialsOf(before?.permissions ?? {}),
  };
  const [row] = await letIn(change, actorId, [entrant]);
  if (!row) throw new Error("joining returned no member");
  return row;
}
