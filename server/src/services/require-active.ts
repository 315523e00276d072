import type { UserId } from "../domain/ids.ts";
import type { Reader } from "../store/database.ts";
import { findUsers } from "../store/users.ts";
import { refuse } from "./refuse.ts";

/** Throws `validation_failed` naming the ids of nobody, of users who are deactivated, and of the system itself. */
export async function requireActive(
  db: Reader,
  userIds: readonly UserId[],
  pathOf: (index: number) => string,
): Promise<void> {
  if (userIds.length === 0) return;
  const rows = await findUsers(db, userIds);
  const active = new Set(rows.filter((row) => !row.deactivatedAt && row.kind !== "system").map((row) => row.id));
  refuse(
    userIds.flatMap((id, index) =>
      active.has(id) ? [] : [{ path: pathOf(index), message: `There is no active user ${id}` }],
    ),
  );
}
