import { ParleyError, type ContentType } from "@parley/protocol";
import type { MessageId } from "../../domain/ids.ts";
import type { Reader } from "../../store/database.ts";
import { may, requireMembership, type Access } from "../access.ts";
import { checkType } from "./content.ts";
import { messageDeleted, messageIn, requireOpenContact } from "./message-access.ts";

/**
 * Whether the caller could send this now: what the commit will decide, asked beforehand for messages that are sent later. The commit
 * has the last word. Throws `not_a_member`, `permission_denied`, `contact_refused`, `not_found` (the parent) and `message_deleted`.
 */
export async function requireMaySend(
  db: Reader,
  access: Access,
  sent: { readonly contentType: ContentType; readonly parentId: MessageId | null },
): Promise<void> {
  const { caller, conversation } = access;
  checkType(caller, sent.contentType);
  requireMembership(access);
  if (conversation.kind === "system" ? !caller.isService : !may(access, "send_messages")) {
    throw new ParleyError("permission_denied", { detail: "You may read this conversation, but not write in it." });
  }
  if (sent.contentType === "collaboration_update" && conversation.kind !== "project") {
    throw new ParleyError("permission_denied", { detail: "Collaboration updates belong in project conversations." });
  }
  await requireOpenContact(db, access);
  if (!sent.parentId) return;
  const parent = await messageIn(db, access, sent.parentId);
  if (parent.deletedAt) throw messageDeleted();
}
