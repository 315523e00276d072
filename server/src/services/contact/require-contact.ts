import { notFound, ParleyError } from "@parley/protocol";
import { mayContactAnyone, type Caller } from "../../domain/caller.ts";
import { acceptsContact, type ContactPurpose } from "../../domain/contact.ts";
import type { UserId } from "../../domain/ids.ts";
import { findContactFacts } from "../../store/contact.ts";
import type { ConversationKind } from "../../store/conversations.ts";
import type { Reader } from "../../store/database.ts";

/** So many of those refused are named; the caller can find out about the others after these. */
const NAMED = 10;

/**
 * Checks that the caller may write to these users (kind `direct`) or bring them into a conversation of another kind. The caller
 * among them is passed over. Inside a change, give the `ChangeWriter` as `db`.
 *
 * Throws `not_found` where one is no user, and `contact_refused` where one does not accept it: blocks, policies, consents and
 * deactivation answer alike, so that none is told from another.
 */
export async function requireContact(
  db: Reader,
  caller: Caller,
  userIds: readonly UserId[],
  purpose: { readonly kind: ConversationKind },
): Promise<void> {
  await requireAcceptance(db, caller, userIds, purpose.kind === "direct" ? "direct" : "conversation");
}

/** The same for any purpose. */
export async function requireAcceptance(
  db: Reader,
  caller: Caller,
  userIds: readonly UserId[],
  purpose: ContactPurpose,
): Promise<void> {
  const others = [...new Set(userIds)].filter((id) => id !== caller.userId);
  if (others.length === 0) return;
  const facts = await findContactFacts(db, caller.userId, others);
  const unknown = others.find((id) => !facts.has(id));
  if (unknown) throw notFound("user");
  const privileged = mayContactAnyone(caller);
  const refused = others.filter((id) => {
    const known = facts.get(id);
    return !known || !acceptsContact(known, purpose, privileged);
  });
  if (refused.length > 0) throw contactRefused(refused, others.length);
}

/** The one answer to every refused contact. */
function contactRefused(refused: readonly UserId[], asked: number): ParleyError {
  if (asked === 1)
    return new ParleyError("contact_refused", { detail: "This person cannot be written to or added by you." });
  const named = refused.slice(0, NAMED).join(", ");
  return new ParleyError("contact_refused", {
    detail: `${refused.length} of these people cannot be written to or added by you: ${named}${refused.length > NAMED ? ", …" : ""}. Leave them out.`,
  });
}
