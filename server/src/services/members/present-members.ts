import type { Member } from "@parley/protocol";
import type { Caller } from "../../domain/caller.ts";
import type { UserId } from "../../domain/ids.ts";
import { permissionNames } from "../../domain/permissions.ts";
import type { Reader } from "../../store/database.ts";
import { findMemberSettings, type MemberSettings } from "../../store/member-settings.ts";
import type { MemberRow } from "../../store/members.ts";
import { findVisibleMarks, type VisibleMarks } from "../../store/views/member-marks.ts";
import type { Users } from "../people.ts";
import { toUser } from "../present-users.ts";

export interface MemberPresenter {
  /**
   * The members as they go over the wire, in the same order; rows of different conversations may be mixed. The `viewer` sees their
   * own marks whether they share them or not, and their own settings; events, which are the same for everyone, have no viewer.
   */
  present(rows: readonly MemberRow[], viewer: Caller | null): Promise<Member[]>;
  presentOne(row: MemberRow, viewer: Caller | null): Promise<Member>;
}

export interface MemberPresenterDeps {
  readonly db: Reader;
  readonly users: Users;
}

/** Makes `Member`s of rows: three lookups for a whole batch, and one for each membership of the viewer in it. */
export function createMemberPresenter(deps: MemberPresenterDeps): MemberPresenter {
  const { db, users } = deps;

  async function present(rows: readonly MemberRow[], viewer: Caller | null): Promise<Member[]> {
    if (rows.length === 0) return [];
    const [people, marks] = await Promise.all([
      users.many([...new Set(rows.map((row) => row.userId))]),
      findVisibleMarks(db, rows, viewer?.userId ?? null),
    ]);
    return await Promise.all(
      rows.map(async (row) => {
        const own = row.userId === viewer?.userId && !row.leftAt;
        const settings = own ? await findMemberSettings(db, row.conversationId, row.userId) : undefined;
        const person = people.get(row.userId);
        const user = person ? toUser(person, viewer) : unknownUser(row.userId);
        return toMember(row, user, marks(row), settings);
      }),
    );
  }

  return {
    present,
    async presentOne(row, viewer) {
      const [member] = await present([row], viewer);
      return member as Member;
    },
  };
}

function toMember(
  row: MemberRow,
  user: Member["user"],
  marks: VisibleMarks | undefined,
  settings: MemberSettings | undefined,
): Member {
  return {
    conversation_id: row.conversationId,
    user_id: row.userId,
    role: row.role,
    permissions: permissionNames(row.rights),
    joined_at: row.joinedAt.toISOString(),
    last_read_seq: marks?.lastReadSeq ?? null,
    last_delivered_seq: marks?.lastDeliveredSeq ?? null,
    last_read_at: marks?.lastReadAt?.toISOString() ?? null,
    version: row.version,
    user,
    ...(row.leftAt ? { left_at: row.leftAt.toISOString() } : {}),
    ...(settings
      ? { muted_until: settings.mutedUntil?.toISOString() ?? null, notification_level: settings.notificationLevel }
      : {}),
  };
}

/** Users are never deleted, so this is for a row that was written around the services. A page of members must not fail for it. */
function unknownUser(id: UserId): Member["user"] {
  return {
    id,
    username: "unknown",
    slug: "unknown",
    display_name: "Unknown",
    avatar_url: null,
    kind: "system",
    is_admin: false,
  };
}
