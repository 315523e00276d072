import { isLongerThan, MEDIA_METADATA, ParleyError, type ContentType, type EditMessage } from "@parley/protocol";
import type { Caller } from "../../domain/caller.ts";
import type { UserId } from "../../domain/ids.ts";
import { findMentions } from "../../domain/mentions.ts";
import type { MessageRow } from "../../store/messages.ts";
import { refuse } from "../refuse.ts";

/** The configured bound, which may be lower than the protocol's. Throws `validation_failed`. */
export function checkLength(content: string, maxContent: number): void {
  if (!isLongerThan(content, maxContent)) return;
  refuse([{ path: "body.content", message: `Must have at most ${maxContent} characters` }]);
}

/** Who may write which type. Throws `permission_denied`. */
export function checkType(caller: Caller, contentType: ContentType): void {
  if (contentType === "system_notification" && !caller.isService) {
    throw new ParleyError("permission_denied", { detail: "System notifications are sent with a service token." });
  }
  if (contentType === "collaboration_update" && !caller.isService && caller.kind !== "agent") {
    throw new ParleyError("permission_denied", {
      detail: "Collaboration updates are sent with a service or an agent token.",
    });
  }
}

/** What an edit would make of a message of a medium must still describe the medium. Throws `validation_failed`. */
export function checkEditedMetadata(message: MessageRow, metadata: EditMessage["metadata"]): void {
  const schema = (
    MEDIA_METADATA as Partial<Record<string, (typeof MEDIA_METADATA)["image" | "file" | "audio" | "video"]>>
  )[message.contentType];
  if (!schema || metadata === undefined) return;
  if (metadata === null) {
    if (message.attachments) return;
    refuse([{ path: "body.metadata", message: `Must describe the ${message.contentType}` }]);
  }
  const issues = schema.safeParse(metadata).error?.issues ?? [];
  refuse(
    issues.map((issue) => ({
      path: ["body", "metadata", ...issue.path.map(String)].join("."),
      message: issue.message,
    })),
  );
}

export interface ResolvedMentions {
  readonly mentions: UserId[] | null;
  /** Whether the sender may is for the commit to say. */
  readonly massMention: "all" | "here" | null;
}

/** Whom a content mentions; names that nobody has are left out. */
export async function resolveMentions(
  userIdsByUsername: (usernames: readonly string[]) => Promise<UserId[]>,
  content: string,
): Promise<ResolvedMentions> {
  const { usernames, mass } = findMentions(content);
  const mentions = usernames.length > 0 ? await userIdsByUsername(usernames) : [];
  return { mentions: mentions.length > 0 ? mentions : null, massMention: mass };
}
