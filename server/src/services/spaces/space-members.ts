import { notFound, ParleyError, type AddMembers, type Page, type SpaceMember } from "@parley/protocol";
import { isHost } from "../../domain/access.ts";
import type { Caller } from "../../domain/caller.ts";
import type { SpaceId, UserId } from "../../domain/ids.ts";
import type { Role } from "../../domain/permissions.ts";
import { mayGiveSpaceRole, mayListSpaceMembers, mayRemoveFromSpace } from "../../domain/spaces.ts";
import { recordAudit } from "../../store/audit.ts";
import type { Committer } from "../../store/committer/committer.ts";
import type { Database, Reader, Writer } from "../../store/database.ts";
import {
  countSpaceOwners,
  deleteSpaceMember,
  findChannelsOfMember,
  findSpaceMembers,
  findSpaceView,
  listSpaceMembers,
  lockSpace,
  putSpaceMembers,
  type SpaceMemberRow,
} from "../../store/spaces.ts";
import { requireContact } from "../contact/require-contact.ts";
import { cutPage, decodeCursor, timeAndId } from "../page-cursor.ts";
import type { Users } from "../people.ts";
import { toUser } from "../present-users.ts";
import { requireActive } from "../require-active.ts";
import { leaveChannel } from "./leave-channel.ts";
import { maySee, requireManager, spaceFor, type SpaceChanged } from "./space-access.ts";

export interface SpaceMembersDeps {
  readonly db: Pick<Database, "query" | "transaction">;
  readonly committer: Pick<Committer, "change">;
  readonly users: Pick<Users, "many">;
  readonly spaceChanged: SpaceChanged;
}

export interface AddedSpaceMembers {
  /** Those added; where all were members already, those asked for. */
  readonly members: SpaceMember[];
  /** False: nobody was added. */
  readonly added: boolean;
}

export function createSpaceMembers(deps: SpaceMembersDeps) {
  const { db, committer, users, spaceChanged } = deps;

  async function present(rows: readonly SpaceMemberRow[], caller: Caller): Promise<SpaceMember[]> {
    const people = await users.many(rows.map((row) => row.userId));
    return rows.flatMap((row) => {
      const user = people.get(row.userId);
      return user ? [toSpaceMember(row, toUser(user, caller))] : [];
    });
  }

  return {
    /** In the order in which they joined. Throws `not_found`, `permission_denied` for guests, `validation_failed` for a foreign cursor. */
    async spaceMembers(
      caller: Caller,
      id: SpaceId,
      query: { limit: number; cursor?: string },
    ): Promise<Page<SpaceMember>> {
      const { role } = await spaceFor(db, caller, id);
      if (!mayListSpaceMembers(role))
        throw new ParleyError("permission_denied", { detail: "Guests cannot list the members." });
      const rows = await listSpaceMembers(db, id, {
        after: decodeCursor(query.cursor, timeAndId),
        limit: query.limit + 1,
      });
      const page = cutPage(rows, query.limit, (row) => [row.joinedAt.getTime(), row.userId]);
      return { items: await present(page.rows, caller), next_cursor: page.nextCursor };
    },

    /**
     * Adds people (at most 1,000 at once), all or none, and gives those who are in already the role, if one is named. By owners and
     * admins, who give no role above their own. Being in one space is a reason to be written to, so the contact policies of those
     * who are added are asked as for a group.
     *
     * Throws `validation_failed` (unknown, deactivated), `not_found`, `permission_denied`, `contact_refused`, and `transfer_required`
     * where the last owner would be one no more.
     */
    async addSpaceMembers(caller: Caller, id: SpaceId, body: AddMembers): Promise<AddedSpaceMembers> {
      const userIds = [...new Set(body.user_ids ?? [body.user_id])] as UserId[];
      await requireActive(db, userIds, (index) => (body.user_ids ? `body.user_ids.${index}` : "body.user_id"));
      const { rows, added, changed } = await db.transaction(async (tx) => {
        await lockSpace(tx, id);
        return await add(tx, caller, id, userIds, body.role);
      });
      if (changed) spaceChanged({ spaceId: id, actorId: caller.userId, removedIds: [] });
      return { members: await present(rows, caller), added };
    },

    /**
     * Removes someone, or leaves: out of the space at once, and then out of its channels, each by a change of its own. If that is cut
     * short, removing again goes on with the channels that are left. By owners and admins, nobody of a higher role.
     *
     * Throws `not_found`, `permission_denied`, and `transfer_required` for the last owner.
     */
    async removeSpaceMember(caller: Caller, id: SpaceId, userId: UserId): Promise<void> {
      await db.transaction(async (tx) => {
        await lockSpace(tx, id);
        await remove(tx, caller, id, userId);
      });
      spaceChanged({ spaceId: id, actorId: caller.userId, removedIds: [userId] });
      for (const channel of await findChannelsOfMember(db, id, userId)) {
        await committer.change(channel, (change) => leaveChannel(change, caller.userId, userId));
      }
    },
  };
}

async function add(
  tx: Writer,
  caller: Caller,
  spaceId: SpaceId,
  userIds: readonly UserId[],
  role: Role | undefined,
): Promise<{ rows: SpaceMemberRow[]; added: boolean; changed: boolean }> {
  const view = await spaceFor(tx, caller, spaceId);
  requireManager(caller, view);
  const present = new Map((await findSpaceMembers(tx, spaceId, userIds)).map((row) => [row.userId, row]));
  const newIds = userIds.filter((id) => !present.has(id));
  const moved = role === undefined ? [] : [...present.values()].filter((row) => row.role !== role);
  for (const subject of [...newIds.map(() => undefined), ...moved]) {
    if (mayGiveSpaceRole(view.role, isHost(caller), subject?.role, role ?? "member")) continue;
    throw new ParleyError("permission_denied", {
      detail: "You cannot give a role above your own, or change someone of a higher one.",
    });
  }
  await requireContact(tx, caller, newIds, { kind: "channel" });
  const ids = [...newIds, ...moved.map((row) => row.userId)];
  if (ids.length === 0) return { rows: [...present.values()], added: false, changed: false };
  const rows = await putSpaceMembers(
    tx,
    spaceId,
    ids.map((userId) => ({ userId, role: role ?? "member" })),
  );
  if (moved.some((row) => row.role === "owner")) await requireOwner(tx, spaceId);
  await recordAudit(tx, {
    actorId: caller.userId,
    action: newIds.length > 0 ? "space.member_added" : "space.member_role_changed",
    subjectId: spaceId,
    data: { user_ids: ids, role: role ?? "member" },
  });
  const fresh = new Set(newIds);
  if (newIds.length > 0) return { rows: rows.filter((row) => fresh.has(row.userId)), added: true, changed: true };
  return { rows: await findSpaceMembers(tx, spaceId, userIds), added: false, changed: true };
}

async function remove(tx: Writer, caller: Caller, spaceId: SpaceId, userId: UserId): Promise<void> {
  const view = await findSpaceView(tx, spaceId, caller.userId);
  const [subject] = await findSpaceMembers(tx, spaceId, [userId]);
  const isSelf = userId === caller.userId;
  // Out of the space already, but not yet of every channel: whoever leaves may go on leaving.
  const isUnfinished = subject === undefined && (await findChannelsOfMember(tx, spaceId, userId)).length > 0;
  if (!view || view.space.deletedAt || !(maySee(caller, view) || (isSelf && isUnfinished))) throw notFound("space");
  if (!isSelf) requireManager(caller, view);
  if (isUnfinished) return;
  if (!subject) throw notFound("member");
  if (!isSelf && !mayRemoveFromSpace(view.role, isHost(caller), subject.role)) {
    throw new ParleyError("permission_denied", { detail: "You cannot remove someone of a higher role." });
  }
  await deleteSpaceMember(tx, spaceId, userId);
  if (subject.role === "owner") await requireOwner(tx, spaceId);
  await recordAudit(tx, {
    actorId: caller.userId,
    action: "space.member_removed",
    subjectId: spaceId,
    data: { user_id: userId, role: subject.role },
  });
}

async function requireOwner(db: Reader, spaceId: SpaceId): Promise<void> {
  if ((await countSpaceOwners(db, spaceId)) > 0) return;
  throw new ParleyError("transfer_required", {
    detail: "This is the last owner of the space. Give somebody else the role owner first.",
  });
}

function toSpaceMember(row: SpaceMemberRow, user: SpaceMember["user"]): SpaceMember {
  return { space_id: row.spaceId, user_id: row.userId, role: row.role, joined_at: row.joinedAt.toISOString(), user };
}
