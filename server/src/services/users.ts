import { ParleyError, invalid, notFound } from "@parley/protocol";
import type {
  AdministerUser,
  AllUsersQuery,
  OwnUser,
  Page,
  UpdateMe,
  UpsertUser,
  User,
  UserListQuery,
} from "@parley/protocol";
import { v7 as uuidv7 } from "uuid";
import * as z from "zod";
import type { Caller } from "../domain/caller.ts";
import { SYSTEM_USER, type UserId } from "../domain/ids.ts";
import { isReservedUsername, slugFrom } from "../domain/usernames.ts";
import { recordAudit } from "../store/audit.ts";
import type { Database, Writer } from "../store/database.ts";
import {
  UsernameTakenError,
  differingFrom,
  findUserByExternalId,
  insertUser,
  listUsers,
  updateUser,
  type UserChanges,
  type UserRow,
} from "../store/users.ts";
import { createUser } from "./authentication/identities.ts";
import { cutPage, decodeCursor } from "./page-cursor.ts";
import { toOwnUser, toUser } from "./present-users.ts";
import type { UserCache } from "./user-cache.ts";

export interface UsersDeps {
  readonly db: Database;
  readonly users: UserCache;
  /** Called after a user was locked out: their sockets have to be closed. */
  readonly onDeactivated: (userId: UserId) => void;
}

export interface Users {
  me(caller: Caller): Promise<OwnUser>;
  /** Throws `conflict` when the username is taken, `permission_denied` for a service token that acts for nobody. */
  updateMe(caller: Caller, update: UpdateMe): Promise<OwnUser>;
  /** Throws `not_found`. Deactivated users are answered too: what they wrote is still there. */
  get(caller: Caller, id: UserId): Promise<User>;
  /** People and agents, best match first; deactivated ones are left out. */
  list(caller: Caller, query: UserListQuery): Promise<Page<User>>;
  /**
   * Says who somebody is, for the host's backend alone. Only what is named changes; a new user without a username gets one made
   * from the external id. Throws `permission_denied`, and `conflict` when the username is taken.
   */
  upsert(caller: Caller, externalId: string, wanted: UpsertUser): Promise<{ user: OwnUser; created: boolean }>;
  /** The same list with all that is set of each, for administrators; those who are locked out on their own. */
  listAll(caller: Caller, query: AllUsersQuery): Promise<Page<OwnUser>>;
  /**
   * Changes what somebody is here, for administrators; it is in the audit log. Throws `not_found`, `permission_denied` for the
   * system user, and `conflict` for locking oneself out or ending one's own administration.
   */
  administer(caller: Caller, id: UserId, wanted: AdministerUser): Promise<OwnUser>;
}

/** The rank is one of four. */
const position = z.tuple([z.int().min(0).max(3), z.string()]);

export function createUsers({ db, users, onDeactivated }: UsersDeps): Users {
  async function read(id: UserId): Promise<UserRow> {
    const row = await users.get(id);
    if (!row) throw notFound("user");
    return row;
  }

  async function change(
    row: UserRow,
    wanted: UserChanges,
    note?: (tx: Writer, changes: UserChanges) => Promise<void>,
  ): Promise<UserRow> {
    const changes = differingFrom(row, wanted);
    if (Object.keys(changes).length === 0) return row;
    const changed = await refusingTakenNames(() =>
      db.transaction(async (tx) => {
        const written = await updateUser(tx, row.id, changes);
        if (written) await note?.(tx, changes);
        return written;
      }),
    );
    if (!changed) throw notFound("user");
    users.put(changed);
    if (changed.deactivatedAt && !row.deactivatedAt) onDeactivated(changed.id);
    return changed;
  }

  /** Undefined when somebody else has made them meanwhile. */
  async function create(externalId: string, wanted: UpsertUser): Promise<UserRow | undefined> {
    const { username, ...facts } = changesOf(wanted, new Date());
    const displayName = facts.displayName ?? username ?? externalId;
    if (username === undefined) {
      const made = await createUser(db, externalId, { ...facts, preferred: externalId, displayName });
      return made.created ? made.row : undefined;
    }
    const id = uuidv7() as UserId;
    const user = { slug: slugFrom(username), ...facts, id, externalId, username, displayName };
    const row = await db.transaction((tx) => insertUser(tx, user));
    if (!row && !(await findUserByExternalId(db, externalId))) throw usernameTaken();
    return row;
  }

  async function find({ q, limit, cursor }: UserListQuery, isDeactivated: boolean) {
    const at = decodeCursor(cursor, position);
    const after = at === null ? undefined : { rank: at[0], username: at[1] };
    // People look for @ada by what they see.
    const text = q?.replace(/^@(?=.)/, "");
    const found = await listUsers(db, { text, after, limit: limit + 1, isDeactivated });
    const { rows, nextCursor } = cutPage(found, limit, ({ rank, row }) => [rank, row.username]);
    return { rows: rows.map(({ row }) => row), nextCursor };
  }

  return {
    me: async (caller) => toOwnUser(await read(caller.userId)),

    async updateMe(caller, update) {
      if (caller.userId === SYSTEM_USER) {
        throw new ParleyError("permission_denied", {
          detail: "The system user has no profile: say for whom with Parley-Act-As.",
        });
      }
      return toOwnUser(await change(await read(caller.userId), changesOf(update, new Date())));
    },

    get: async (caller, id) => toUser(await read(id), caller),

    async list(caller, query) {
      const { rows, nextCursor } = await find(query, false);
      return { items: rows.map((row) => toUser(row, caller)), next_cursor: nextCursor };
    },

    async listAll(_caller, query) {
      const { rows, nextCursor } = await find(query, query.deactivated ?? false);
      return { items: rows.map(toOwnUser), next_cursor: nextCursor };
    },

    async administer(caller, id, wanted) {
      if (id === SYSTEM_USER) throw new ParleyError("permission_denied", { detail: "The system user is as it is." });
      if (id === caller.userId && (wanted.deactivated === true || wanted.is_admin === false))
        throw new ParleyError("conflict", { detail: "Let another administrator do this to you." });
      const row = await read(id);
      const changed = await change(row, changesOf(wanted, row.deactivatedAt ?? new Date()), async (tx, changes) => {
        await recordAudit(tx, {
          actorId: caller.userId,
          action: "user.administered",
          subjectId: id,
          data: {
            ...(changes.displayName === undefined ? {} : { display_name: changes.displayName }),
            ...(changes.isAdmin === undefined ? {} : { is_admin: changes.isAdmin }),
            ...(changes.isStaff === undefined ? {} : { is_staff: changes.isStaff }),
            ...(changes.deactivatedAt === undefined ? {} : { deactivated: changes.deactivatedAt !== null }),
          },
        });
      });
      return toOwnUser(changed);
    },

    async upsert(caller, externalId, wanted) {
      if (!caller.isService) throw new ParleyError("permission_denied", { detail: "This needs a service token." });
      const known = await findUserByExternalId(db, externalId);
      const made = known ? undefined : await create(externalId, wanted);
      if (made) {
        users.put(made);
        return { user: toOwnUser(made), created: true };
      }
      const row = known ?? (await findUserByExternalId(db, externalId));
      if (!row) throw notFound("user");
      return { user: toOwnUser(await change(row, changesOf(wanted, row.deactivatedAt ?? new Date()))), created: false };
    },
  };
}

/** `lockedAt` is since when they are locked out, if they are to be. */
function changesOf(wanted: UpsertUser, lockedAt: Date): UserChanges {
  if (wanted.username !== undefined && isReservedUsername(wanted.username)) {
    throw invalid("body.username", "Must not be a name with a meaning of its own, like all or here");
  }
  const { username, slug, display_name, avatar_url, contact_policy, share_receipts, share_presence, locale } = wanted;
  const { kind, is_admin, is_staff, deactivated } = wanted;
  return defined({
    username,
    slug,
    displayName: display_name,
    avatarUrl: avatar_url,
    contactPolicy: contact_policy,
    shareReceipts: share_receipts,
    sharePresence: share_presence,
    locale,
    kind,
    isAdmin: is_admin,
    isStaff: is_staff,
    deactivatedAt: deactivated === undefined ? undefined : deactivated ? lockedAt : null,
  });
}

/** Without what was not said: that stays as it is. */
function defined(changes: { [K in keyof UserChanges]: UserChanges[K] | undefined }): UserChanges {
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
}

async function refusingTakenNames<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw error instanceof UsernameTakenError ? usernameTaken(error) : error;
  }
}

function usernameTaken(cause?: unknown): ParleyError {
  return new ParleyError("conflict", { detail: "This username is taken: choose another.", cause });
}
