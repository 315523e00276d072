import type { UserId } from "../../domain/ids.ts";
import { rightsOf } from "../../domain/permissions.ts";
import { recordAudit } from "../../store/audit.ts";
import type { ChangeWriter } from "../../store/committer/operations.ts";
import { countMembers, findMember } from "../../store/members.ts";
import { updateRights } from "../../store/membership.ts";
import { findHeir } from "../../store/spaces.ts";
import { takeOut } from "../members/membership.ts";

/**
 * Takes someone who left a space out of one of its channels. Where they are its last owner, the channel passes to whoever stands
 * highest and is in it for longest: leaving the space must not fail because of a channel, nor leave one that nobody governs.
 */
export async function leaveChannel(change: ChangeWriter, actorId: UserId, userId: UserId): Promise<void> {
  const { conversationId } = change;
  const member = await findMember(change, conversationId, userId);
  if (!member || member.leftAt) return;
  if (member.role === "owner" && (await countMembers(change, conversationId)).owners === 1)
    await passOn(change, actorId, userId);
  await takeOut(change, actorId, userId);
  await recordAudit(change, {
    actorId,
    action: "member.removed",
    conversationId,
    subjectId: userId,
    data: { role: member.role, left_space: true },
  });
}

async function passOn(change: ChangeWriter, actorId: UserId, userId: UserId): Promise<void> {
  const { conversationId } = change;
  const heir = await findHeir(change, conversationId, userId);
  if (!heir) return;
  const version = change.record("member.updated", heir.userId, actorId);
  await updateRights(change, { ...heir, role: "owner", permissions: {}, rights: rightsOf("owner", {}), version });
  await recordAudit(change, {
    actorId,
    action: "member.role_changed",
    conversationId,
    subjectId: heir.userId,
    data: { from: heir.role, to: "owner" },
  });
}
