/** Branded ids, so that a user id cannot be passed where a conversation id is meant. All are UUIDs; the service makes UUIDv7. */
declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

export type UserId = Branded<"user">;
export type ConversationId = Branded<"conversation">;
export type MessageId = Branded<"message">;
export type SpaceId = Branded<"space">;

/**
 * Staff share one mark in every support conversation. It is kept under this user id, which no user has.
 */
export const STAFF_MARK = "00000000-0000-0000-0000-000000000000" as UserId;

/** The user that service tokens act as when they name nobody: sender of system notices. Made by the first migration. */
export const SYSTEM_USER = "00000000-0000-7000-8000-000000000001" as UserId;
