import { invalid, ParleyError, type CreateConversation } from "@parley/protocol";
import { isHost } from "../../domain/access.ts";
import type { Caller } from "../../domain/caller.ts";
import { directKey, firstMembers } from "../../domain/conversations.ts";
import { SYSTEM_USER, type ConversationId, type UserId } from "../../domain/ids.ts";
import { findBySubject, findDirect } from "../../store/conversations.ts";
import { unhideForOne } from "../../store/conversations-own.ts";
import type { Transactor } from "../../store/database.ts";
import { requireContact } from "../contact/require-contact.ts";
import { requireActive } from "../require-active.ts";
import { commitCreation, untilDecided, type CreationDeps } from "./creation.ts";

export interface OnceDeps extends CreationDeps {
  readonly db: CreationDeps["db"] & Transactor;
}

export interface FoundOrMade {
  readonly id: ConversationId;
  readonly created: boolean;
}

type Given = Omit<CreateConversation, "member_ids" | "initial_message" | "kind">;

/**
 * The direct conversation of the caller and another, made where there is none. One that the caller had hidden is in their list
 * again. Throws `validation_failed` (oneself, unknown), `contact_refused` and `permission_denied` (agents and the host's backend,
 * who have no direct conversations of their own accord) where it would have to be made.
 */
export async function directWith(deps: OnceDeps, caller: Caller, userId: UserId): Promise<FoundOrMade> {
  if (isHost(caller)) {
    throw new ParleyError("permission_denied", {
      detail: "A direct conversation is between two people: act as one of them with Parley-Act-As.",
    });
  }
  if (userId === caller.userId) throw invalid("body.member_ids", "A direct conversation is with somebody else");
  const key = directKey(caller.userId, userId);
  const found = await findOrMake(
    () => findDirect(deps.db, key),
    async () => {
      requireNoAgent(caller);
      await requireActive(deps.db, [userId], path);
      await requireContact(deps.db, caller, [userId], { kind: "direct" });
      const creation = { input: { kind: "direct" as const }, createdBy: caller.userId, directKey: key };
      return await commitCreation(deps.committer, creation, () =>
        firstMembers("direct", null, [caller.userId, userId]),
      );
    },
  );
  if (!found.created) await deps.db.transaction((tx) => unhideForOne(tx, found.id, caller.userId));
  return found;
}

/**
 * The support conversation of a customer, made where there is none: of the caller, or of whom staff or the host's backend name.
 * Throws `permission_denied` and `validation_failed`.
 */
export async function supportOf(
  deps: OnceDeps,
  caller: Caller,
  customerId = caller.userId,
  given: Given = {},
): Promise<FoundOrMade> {
  if (customerId === SYSTEM_USER) throw invalid("body.member_ids", "Name the customer");
  if (customerId !== caller.userId && !caller.isStaff && !isHost(caller)) {
    throw new ParleyError("permission_denied", { detail: "Only staff make support conversations for others." });
  }
  return await ofSubject(deps, "support", caller, customerId, given);
}

/** The system conversation of a user, made where there is none. Throws `permission_denied` without a service token. */
export async function systemOf(
  deps: OnceDeps,
  caller: Caller,
  userId = caller.userId,
  given: Given = {},
): Promise<FoundOrMade> {
  if (!caller.isService)
    throw new ParleyError("permission_denied", { detail: "System conversations are made with a service token." });
  if (userId === SYSTEM_USER) throw invalid("body.member_ids", "Name the user who is to read it");
  return await ofSubject(deps, "system", caller, userId, given);
}

async function ofSubject(
  deps: OnceDeps,
  kind: "support" | "system",
  caller: Caller,
  userId: UserId,
  given: Given,
): Promise<FoundOrMade> {
  return await findOrMake(
    () => findBySubject(deps.db, kind, userId),
    async () => {
      requireNoAgent(caller);
      await requireActive(deps.db, [userId], path);
      const creation = { input: { ...given, kind }, createdBy: caller.userId, subjectUserId: userId };
      return await commitCreation(deps.committer, creation, () => firstMembers(kind, null, [userId]));
    },
  );
}

/** Agents take part where they were added (DESIGN section 4). */
export function requireNoAgent(caller: Caller): void {
  if (caller.kind !== "agent") return;
  throw new ParleyError("permission_denied", {
    detail: "Agents take part in conversations that they were added to, and make none.",
  });
}

/** Whoever comes second finds what the first has made, unless that was deleted right away. */
async function findOrMake(
  find: () => Promise<ConversationId | undefined>,
  make: () => Promise<ConversationId>,
): Promise<FoundOrMade> {
  const found = async (): Promise<FoundOrMade | undefined> => {
    const id = await find();
    return id && { id, created: false };
  };
  const foundOrMade = async (): Promise<FoundOrMade> => (await found()) ?? { id: await make(), created: true };
  return await untilDecided(foundOrMade, async () => (await found()) ?? (await foundOrMade()));
}

const path = (): string => "body.member_ids.0";
