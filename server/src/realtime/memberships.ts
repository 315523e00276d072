import { visibleAfter } from "../domain/history.ts";
import type { UserId } from "../domain/ids.ts";
import { hasRight } from "../domain/permissions.ts";
import type { Reader } from "../store/database.ts";
import { findLiveMemberships, findLiveUsers, type LiveMembership } from "../store/live-conversations.ts";
import type { Audience, LiveUser, Stream } from "./audience.ts";
import type { Seam } from "./seam.ts";

export interface MembershipsDeps {
  readonly db: Reader;
  readonly audience: Audience;
  readonly seam: Seam;
  /** Something was committed while the memberships were read: catch up. */
  readonly catchUp: (stream: Stream, version: number) => void;
}

/** Users whose memberships are read by one statement, and statements at once. */
const MAX_BATCH = 100;
const MAX_READINGS = 2;

interface Waiting {
  readonly user: LiveUser;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Answers how to subscribe a user to the conversations they are in. Users who come online together (a restart brings everyone
 * back) are read together.
 */
export function createMemberships(deps: MembershipsDeps): (user: LiveUser) => Promise<void> {
  const { db, audience, seam } = deps;
  const waiting: Waiting[] = [];
  let readings = 0;

  function readSome(): void {
    while (readings < MAX_READINGS && waiting.length > 0) {
      readings += 1;
      void read(waiting.splice(0, MAX_BATCH));
    }
  }

  async function read(batch: readonly Waiting[]): Promise<void> {
    try {
      await seam.across(async () => {
        const ids = batch.map(({ user }) => user.id);
        const [rows, people] = await Promise.all([findLiveMemberships(db, ids), findLiveUsers(db, ids)]);
        const memberships = byUser(rows);
        for (const { id, sharesReceipts } of people) {
          const user = audience.users.get(id);
          if (user) user.sharesReceipts = sharesReceipts;
        }
        for (const { user, resolve } of batch) {
          // Who left meanwhile is not brought back.
          if (audience.users.get(user.id) === user) for (const row of memberships.get(user.id) ?? []) join(user, row);
          // Lists grow by more than they need, and this one will hardly grow again.
          user.streams = user.streams.slice();
          user.isLoaded = true;
          resolve();
        }
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      readings -= 1;
      readSome();
    }
  }

  function join(user: LiveUser, row: LiveMembership): void {
    // The stream has told of their leaving since: coming back, if they did, has subscribed them again.
    if ((user.leftWhileLoading?.get(row.conversationId) ?? 0) > row.head) return;
    const stream = audience.activate(row.conversationId, row.head);
    if (!stream.isKnown) {
      stream.isKnown = true;
      stream.isSupport = row.isSupport;
      stream.history = row.historyVisibility;
      stream.messageCount = row.messageCount;
    }
    audience.subscribe(stream, user);
    noteMember(stream, user.id, row);
    const told = Math.max(row.head, seam.headOf(row.conversationId));
    if (told > stream.target) deps.catchUp(stream, told);
  }

  return (user) =>
    (user.loading ??= new Promise<void>((resolve, reject) => {
      user.leftWhileLoading = new Map();
      waiting.push({ user, resolve, reject });
      readSome();
    }).finally(() => {
      user.loading = undefined;
      user.leftWhileLoading = undefined;
    }));
}

/** Notes what a member who is online does not get to see: messages that history hides, and to guests, who the members are. */
export function noteMember(
  stream: Stream,
  userId: UserId,
  member: Pick<LiveMembership, "role" | "rights" | "firstJoinedSeq" | "joinedSeq">,
): void {
  const hidden = visibleAfter(stream.history, member, false);
  if (hidden > 0) (stream.hiddenUpTo ??= new Map()).set(userId, hidden);
  else stream.hiddenUpTo?.delete(userId);
  if (member.role === "guest" && !hasRight(member.rights, "manage_members")) (stream.guests ??= new Set()).add(userId);
  else stream.guests?.delete(userId);
}

function byUser(memberships: readonly LiveMembership[]): Map<UserId, LiveMembership[]> {
  const grouped = new Map<UserId, LiveMembership[]>();
  for (const membership of memberships) {
    const group = grouped.get(membership.userId);
    if (group) group.push(membership);
    else grouped.set(membership.userId, [membership]);
  }
  return grouped;
}
