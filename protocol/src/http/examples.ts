import type { Conversation } from "../conversation.ts";
import type { Member } from "../member.ts";
import type { Message } from "../message.ts";
import type { OwnUser, User } from "../user.ts";

/** One little world that all examples of the reference are taken from: Ada and Grace plan a launch. */
export const IDS = {
  ada: "0195c9a0-0000-7000-8000-0000000000a1",
  grace: "0195c9a0-0000-7000-8000-0000000000a2",
  agent: "0195c9a0-0000-7000-8000-0000000000a3",
  token: "0195c9a0-0000-7000-8000-0000000000a4",
  space: "0195c9a0-0000-7000-8000-0000000000b1",
  conversation: "0195c9a0-0000-7000-8000-0000000000c1",
  message: "0195c9a0-0000-7000-8000-0000000000d1",
  reply: "0195c9a0-0000-7000-8000-0000000000d2",
  notification: "0195c9a0-0000-7000-8000-0000000000e1",
  audit: "0195c9a0-0000-7000-8000-0000000000f1",
} as const;

export const AT = "2026-03-01T09:30:00.000Z";
export const LATER = "2026-03-01T09:31:00.000Z";
export const TOMORROW = "2026-03-02T08:00:00.000Z";
export const EPOCH = "9f2c81d04b7a";

export const ada: User = {
  id: IDS.ada,
  username: "ada",
  slug: "ada",
  display_name: "Ada Lovelace",
  avatar_url: null,
  kind: "human",
  is_admin: false,
};

export const grace: User = { ...ada, id: IDS.grace, username: "grace", slug: "grace", display_name: "Grace Hopper" };

export const ownAda: OwnUser = {
  ...ada,
  external_id: "customer-17",
  is_staff: false,
  contact_policy: "shared_space_or_friend",
  share_receipts: true,
  share_presence: true,
  locale: "en",
  created_at: AT,
  deactivated_at: null,
};

export const message: Message = {
  id: IDS.message,
  conversation_id: IDS.conversation,
  seq: 2,
  ordinal: 1,
  version: 2,
  sender_id: IDS.ada,
  sender: { id: IDS.ada, username: "ada", display_name: "Ada Lovelace", kind: "human", is_admin: false },
  content_type: "text",
  content: "We launch on Friday, @grace",
  metadata: null,
  parent_id: null,
  thread_root_id: null,
  depth: 0,
  reply_count: 0,
  reactions: [],
  attachments: [],
  mentions: [IDS.grace],
  pinned_at: null,
  pinned_by: null,
  created_at: AT,
  edited_at: null,
  deleted_at: null,
};

export const reply: Message = {
  ...message,
  id: IDS.reply,
  seq: 3,
  ordinal: 2,
  version: 3,
  content: "Ready when you are",
  parent_id: IDS.message,
  thread_root_id: IDS.message,
  depth: 1,
  mentions: [],
  created_at: LATER,
};

export const conversation: Conversation = {
  id: IDS.conversation,
  kind: "group",
  title: "Launch",
  description: null,
  space_id: null,
  slug: null,
  visibility: "private",
  settings: {
    require_approval: false,
    history_visibility: "all",
    slow_mode_seconds: 0,
    retention_days: null,
    federate: false,
  },
  external_ref: null,
  head: 2,
  version: 1,
  message_count: 1,
  unread_count: 0,
  last_message: message,
  last_message_at: AT,
  last_read_seq: 2,
  member_count: 2,
  archived_at: null,
  created_by: IDS.ada,
  created_at: AT,
  updated_at: AT,
};

export const member: Member = {
  conversation_id: IDS.conversation,
  user_id: IDS.grace,
  role: "member",
  permissions: ["send_messages"],
  joined_at: AT,
  last_read_seq: 2,
  last_delivered_seq: 2,
  last_read_at: LATER,
  version: 1,
  user: grace,
};

export const inConversation = { conversation_id: IDS.conversation } as const;
export const ofMember = { ...inConversation, user_id: IDS.grace } as const;
export const ofMessage = { ...inConversation, message_id: IDS.message } as const;

/** A page that is the last one. */
export function onePage<Item>(...items: Item[]): { items: Item[]; next_cursor: null } {
  return { items, next_cursor: null };
}
