import { invalid, LIMITS, notFound, ParleyError, type CreateConversation } from "@parley/protocol";
import { v7 as uuidv7 } from "uuid";
import { isHost } from "../../domain/access.ts";
import type { Caller } from "../../domain/caller.ts";
import { firstMembers, type FirstMember } from "../../domain/conversations.ts";
import { SYSTEM_USER, type ConversationId, type SpaceId, type UserId } from "../../domain/ids.ts";
import type { Role } from "../../domain/permissions.ts";
import type { Committer } from "../../store/committer/committer.ts";
import type { ChangeWriter } from "../../store/committer/operations.ts";
import { claim, insertConversation } from "../../store/conversations-create.ts";
import type { Reader } from "../../store/database.ts";
import { findSpaceRoles } from "../../store/members.ts";
import { insertMembers } from "../../store/membership.ts";
import { holdSpace } from "../../store/spaces.ts";
import { requireContact } from "../contact/require-contact.ts";
import { requireActive } from "../require-active.ts";
import { refuse } from "../refuse.ts";

/** What is needed to make a conversation. */
export interface Creation {
  readonly input: Omit<CreateConversation, "member_ids" | "initial_message">;
  readonly createdBy: UserId;
  readonly directKey?: string;
  readonly subjectUserId?: UserId;
}

/** There is one already, or somebody is just making it: thrown inside the change, so that the new head goes with it. */
export class TakenError extends Error {
  readonly isInFlight: boolean;

  constructor(isInFlight: boolean) {
    super("this conversation exists once");
    this.isInFlight = isInFlight;
  }
}

/**
 * Makes the conversation with all its members in one change, `conversation.created`, version 1. Throws `TakenError` where one
 * with that pair, subject or slug exists or was just being made. `decide` says who is in it; it runs in the same transaction, before
 * anything is written.
 */
export async function commitCreation(
  committer: Pick<Committer, "change">,
  creation: Creation,
  decide: (change: ChangeWriter) => readonly FirstMember[] | Promise<readonly FirstMember[]>,
): Promise<ConversationId> {
  const id = uuidv7() as ConversationId;
  return await committer.change(
    id,
    async (change) => {
      const members = await decide(change);
      const key = uniqueKey(creation);
      if (key !== undefined && !(await claim(change, key))) throw new TakenError(true);
      const version = change.record("conversation.created", id, creation.createdBy);
      if (!(await insertConversation(change, toRow(id, version, change.now, creation)))) throw new TakenError(false);
      await insertMembers(change, {
        conversationId: id,
        at: change.now,
        present: { lastMessageSeq: 0, messageCount: 0 },
        people: members.map((member) => ({ ...member, joinedSeq: 0, version })),
      });
      return id;
    },
    { create: true },
  );
}

function uniqueKey({ input, directKey, subjectUserId }: Creation): string | undefined {
  if (directKey !== undefined) return directKey;
  if (subjectUserId !== undefined) return `${input.kind}:${subjectUserId}`;
  return input.slug == null ? undefined : `${input.space_id ?? ""}:${input.slug}`;
}

function toRow(
  id: ConversationId,
  version: number,
  now: Date,
  creation: Creation,
): Parameters<typeof insertConversation>[1] {
  const { input } = creation;
  const { settings = {} } = input;
  return {
    id,
    kind: input.kind,
    spaceId: (input.space_id ?? null) as SpaceId | null,
    slug: input.slug ?? null,
    externalRef: input.external_ref ?? null,
    title: input.title ?? null,
    description: input.description ?? "",
    visibility: input.visibility ?? "private",
    requireApproval: settings.require_approval ?? false,
    historyVisibility: settings.history_visibility ?? "all",
    slowModeSeconds: settings.slow_mode_seconds ?? 0,
    retentionDays: settings.retention_days ?? null,
    federate: settings.federate ?? false,
    directKey: creation.directKey ?? null,
    subjectUserId: creation.subjectUserId ?? null,
    version,
    createdBy: creation.createdBy,
    createdAt: now,
  };
}

export interface CreationDeps {
  readonly db: Reader;
  readonly committer: Pick<Committer, "change">;
}

/**
 * Makes a group, channel or project. Whoever makes it owns it; the host's backend in its own name is no member of what it makes.
 * Throws `validation_failed`, `contact_refused`, `not_found` (the space), `permission_denied` (channels of a space are made by its
 * owners and admins; without space, by anyone) and `conflict` (the slug is taken).
 */
export async function createShared(
  deps: CreationDeps,
  caller: Caller,
  input: CreateConversation,
): Promise<ConversationId> {
  const owner = isHost(caller) ? null : caller.userId;
  const memberIds = input.member_ids as UserId[];
  const others = [...new Set(memberIds)].filter((id) => id !== owner);
  if (input.kind === "group" && others.length === 0)
    throw invalid("body.member_ids", "A group needs at least one other member");
  if (others.length >= LIMITS.groupMembers)
    throw invalid("body.member_ids", `At most ${LIMITS.groupMembers} people can be in a conversation`);
  await requireActive(deps.db, memberIds, (index) => `body.member_ids.${index}`);
  await requireContact(deps.db, caller, others, input);
  const creation = { input, createdBy: owner ?? SYSTEM_USER };
  const make = (): Promise<ConversationId> =>
    commitCreation(deps.committer, creation, async (change) => {
      const spaceId = input.space_id as SpaceId | null | undefined;
      const roles = spaceId == null ? undefined : await requireSpace(change, caller, spaceId, memberIds);
      return firstMembers(input.kind, owner, others, (id) => roles?.get(id) === "guest");
    });
  return await untilDecided(make, () => {
    throw new ParleyError("conflict", { detail: "There is a channel with this slug already. Choose another." });
  });
}

/** How long one creation waits for another one of the same; a commit takes milliseconds. */
const PATIENCE_MS = 5_000;
const PAUSE_MS = 5;

/**
 * Makes it, or answers what `taken` does where one exists. While somebody else is just making it, waits and tries again: not in the
 * transaction, where it would hold up the others of its lane. Throws `overloaded` if that takes too long.
 */
export async function untilDecided<T>(make: () => Promise<T>, taken: () => T | Promise<T>): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await make();
    } catch (error) {
      if (!(error instanceof TakenError)) throw error;
      if (!error.isInFlight) return await taken();
      if (Date.now() > deadline) throw beingMade(error);
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * (1 + Math.random())));
  }
}

function beingMade(cause: TakenError): ParleyError {
  return new ParleyError("overloaded", {
    detail: "The same conversation is just being made by another request. Try again.",
    retryAfterSeconds: 1,
    cause,
  });
}

/** Roles in the space, which stays as it is until the transaction ends: nobody deletes it or leaves it meanwhile. */
async function requireSpace(
  change: ChangeWriter,
  caller: Caller,
  spaceId: SpaceId,
  memberIds: readonly UserId[],
): Promise<Map<UserId, Role>> {
  const isThere = await holdSpace(change, spaceId);
  const roles = await findSpaceRoles(change, spaceId, [caller.userId, ...memberIds]);
  const role = roles.get(caller.userId);
  if (!isThere || (role === undefined && !caller.isStaff && !isHost(caller))) throw notFound("space");
  if (role !== "owner" && role !== "admin" && !isHost(caller)) {
    throw new ParleyError("permission_denied", { detail: "Channels of a space are made by its owners and admins." });
  }
  refuse(
    memberIds.flatMap((id, index) =>
      roles.has(id) ? [] : [{ path: `body.member_ids.${index}`, message: `${id} is not a member of the space` }],
    ),
  );
  return roles;
}
