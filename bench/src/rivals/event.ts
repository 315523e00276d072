/** The event a rival tells: the fields of Parley's, so that the same bytes travel. */
export function eventOf(
  conversationId: string,
  id: string,
  senderId: string,
  content: string,
  version: number,
): string {
  const now = new Date().toISOString();
  return JSON.stringify({
    type: "message.created",
    conversation_id: conversationId,
    version,
    user_id: senderId,
    timestamp: now,
    data: {
      id,
      conversation_id: conversationId,
      seq: version,
      ordinal: version,
      version,
      sender_id: senderId,
      sender: { id: senderId, username: `bench-${senderId}`, display_name: "Bench", kind: "human", is_admin: false },
      content_type: "text",
      content,
      metadata: null,
      parent_id: null,
      thread_root_id: null,
      depth: 0,
      reply_count: 0,
      last_reply_at: null,
      reactions: [],
      attachments: [],
      mentions: [],
      pinned_at: null,
      pinned_by: null,
      created_at: now,
      edited_at: null,
      deleted_at: null,
    },
  });
}
