/**
 * The entry `@parley/client`. What is not here may change at any time.
 *
 * @module client
 */
// What the service's answers and events are made of, so that nobody has to name another package.
export type {
  Attachment,
  Conversation,
  ConversationKind,
  Draft as KeptDraft,
  ErrorCode,
  FieldError,
  GoneReason,
  Mark,
  Member,
  Message,
  Notification,
  Presence,
  PresenceStatus,
  ScheduledMessage,
  ServerEvent,
  Space,
  User,
} from "@parley/protocol";
export type { Api, MethodInput, MethodOutput } from "./api.ts";
export type { MethodId } from "./api-table.ts";
export type { ConnectionState } from "./connection.ts";
export type { ConversationHandle } from "./conversation.ts";
export { ParleyError } from "./errors.ts";
export type { LocalErrorCode } from "./errors.ts";
export type { CallOptions } from "./http.ts";
export type { Observable } from "./observable.ts";
export type { Destination, Draft, FailureReason, OutboxEntry, Outgoing, OutgoingState } from "./outbox/entry.ts";
export { createIndexedDbStorage } from "./outbox/indexed-db.ts";
export { createMemoryLock } from "./outbox/lock.ts";
export type { OutboxLock } from "./outbox/lock.ts";
export { createMemoryStorage } from "./outbox/storage.ts";
export type { OutboxStorage } from "./outbox/storage.ts";
export type { OwnChange } from "./own-changes.ts";
export { connect } from "./parley.ts";
export type { ConnectOptions, Parley } from "./parley.ts";
export type { PresenceBoard } from "./presence.ts";
export type { UnreadTotals } from "./store/conversation-list.ts";
export type { Cache } from "./store/kept.ts";
export type { OwnMessageStatus, Receipt } from "./store/receipts.ts";
export type { ConversationState } from "./store/state.ts";
export type { Hole, Window } from "./store/windows.ts";
export type { GetToken } from "./tokens.ts";
