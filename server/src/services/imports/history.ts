import type { ConversationId, MessageId, SpaceId, UserId } from "../../domain/ids.ts";

/** What an import brings, in Parley's words. All ids are made from the source's own, so that importing again finds what is there. */

export interface ImportedUser {
  readonly id: UserId;
  readonly externalId: string;
  /** Wanted; a number is added where somebody else has it. */
  readonly username: string;
  readonly displayName: string;
  readonly avatarUrl: string | null;
  readonly kind: "human" | "agent";
  readonly deactivated: boolean;
}

export interface ImportedSpace {
  readonly id: SpaceId;
  readonly slug: string;
  readonly name: string;
  readonly members: readonly UserId[];
}

export interface ImportedConversation {
  readonly id: ConversationId;
  readonly kind: "channel" | "group" | "direct";
  readonly spaceId: SpaceId | null;
  readonly slug: string | null;
  readonly title: string | null;
  readonly description: string;
  readonly visibility: "public" | "private";
  readonly createdBy: UserId;
  readonly createdAt: Date;
  readonly members: readonly UserId[];
}

export interface ImportedReaction {
  readonly userId: UserId;
  readonly reaction: string;
}

export interface ImportedMessage {
  readonly id: MessageId;
  readonly senderId: UserId;
  readonly contentType: "text" | "system_notification" | "image" | "file" | "audio" | "video";
  readonly content: string;
  readonly metadata: Record<string, unknown> | null;
  readonly attachments: Record<string, unknown>[] | null;
  readonly mentions: UserId[] | null;
  /** The root of the thread it replies to. */
  readonly parentId: MessageId | null;
  readonly createdAt: Date;
  readonly editedAt: Date | null;
  /** It was deleted at the source: its place stays, as a tombstone. */
  readonly deletedAt: Date | null;
  readonly pinned: { readonly by: UserId; readonly at: Date } | null;
  readonly reactions: readonly ImportedReaction[];
}

export interface ImportedBatch {
  readonly written: number;
  /** There already, from an earlier import. */
  readonly present: number;
  /** Replies whose thread's root is not there: written as messages of their own. */
  readonly rootless: number;
}
