import { ParleyError, type Member, type UpdateOwnMembership } from "@parley/protocol";
import type { Caller } from "../../domain/caller.ts";
import type { ConversationId } from "../../domain/ids.ts";
import type { Transactor } from "../../store/database.ts";
import { setMemberSettings } from "../../store/member-settings.ts";
import { accessTo, requireMembership } from "../access.ts";
import type { MemberPresenter } from "./present-members.ts";

export interface OwnMembershipDeps {
  readonly database: Transactor;
  readonly presenter: MemberPresenter;
}

export function createOwnMembership(deps: OwnMembershipDeps) {
  const { database, presenter } = deps;
  return {
    /**
     * Mutes a conversation for oneself (`muted_until: null` unmutes), or sets what of it notifies; what is left out stays. Nobody else
     * sees it, so it takes no version. Throws `not_found`, `not_a_member`.
     */
    async updateOwnMembership(
      caller: Caller,
      conversationId: ConversationId,
      changed: UpdateOwnMembership,
    ): Promise<Member> {
      const member = await database.transaction(async (tx) => {
        const access = await accessTo(tx, caller, conversationId);
        requireMembership(access);
        if (!access.member)
          throw new ParleyError("not_a_member", { detail: "You are no member of this conversation." });
        await setMemberSettings(tx, conversationId, caller.userId, toSettings(changed));
        return access.member;
      });
      return await presenter.presentOne(member, caller);
    },
  };
}

function toSettings({ muted_until, notification_level }: UpdateOwnMembership): Parameters<typeof setMemberSettings>[3] {
  return {
    ...(muted_until === undefined ? {} : { mutedUntil: muted_until === null ? null : new Date(muted_until) }),
    ...(notification_level === undefined ? {} : { notificationLevel: notification_level }),
  };
}
