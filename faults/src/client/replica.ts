import type { WireChange, WireConversation, WireEvent, WireMember, WireMessage } from "./wire.ts";

/** What a client keeps of a message. */
interface HeldMessage {
  readonly message: WireMessage;
  version: number;
  replyCount: number;
  pinnedAt: string | null;
  /** Who reacted, by reaction. */
  readonly reactions: Map<string, Set<string>>;
}

/** What a client holds of one conversation: all of it, at a version. */
export class Replica {
  version: number;
  title: string | null = null;
  readonly #messages = new Map<string, HeldMessage>();
  readonly #members = new Map<string, string>();

  constructor(version: number) {
    this.version = version;
  }

  /** Takes in a live event; its version has been compared before. Unknown ones count by their version alone. */
  applyEvent(event: WireEvent): void {
    this.version = event.version;
    const { type, version, data } = event;
    if (type.startsWith("message.")) this.setMessage(data as unknown as WireMessage, version);
    else if (type.startsWith("reaction."))
      this.#react(data as unknown as ReactionData, type === "reaction.added", version);
    else if (type.startsWith("pin.")) this.#pin(data as unknown as PinData, version);
    else if (type.startsWith("member.")) this.setMember(data as unknown as WireMember);
    else if (type.startsWith("conversation.")) this.setConversation(data as unknown as WireConversation);
  }

  /** Takes in an entry of a catch-up: a thing as it is now. */
  applyChange(change: WireChange): void {
    if (change.type === "message") this.setMessage(change.data);
    else if (change.type === "member") this.setMember(change.data);
    else this.setConversation(change.data);
  }

  /** `told`: the version of the event that brought it, which a message that was read late may be ahead of. */
  setMessage(message: WireMessage, told = 0): void {
    const reactions = new Map(message.reactions.map(({ reaction, user_ids }) => [reaction, new Set(user_ids)]));
    const { version, reply_count: replyCount, pinned_at: pinnedAt } = message;
    this.#messages.set(message.id, { message, version, replyCount, pinnedAt, reactions });
    const root = message.thread && this.#messages.get(message.thread.root_id);
    if (!root || !message.thread) return;
    root.replyCount = message.thread.reply_count;
    root.version = Math.max(root.version, told);
  }

  setMember({ user_id: userId, role, left_at: leftAt }: WireMember): void {
    if (leftAt) this.#members.delete(userId);
    else this.#members.set(userId, role);
  }

  setConversation({ title }: WireConversation): void {
    this.title = title;
  }

  /** A line for each thing in it, so that two replicas can be compared and the difference be read. */
  lines(): Map<string, string> {
    const lines = new Map([["title", String(this.title)]]);
    for (const [userId, role] of this.#members) lines.set(userId, `member ${role}`);
    for (const [id, held] of this.#messages) lines.set(id, lineOf(held));
    return lines;
  }

  #react({ message_id: messageId, reaction, user_id: userId }: ReactionData, isAdded: boolean, version: number): void {
    const held = this.#messages.get(messageId);
    if (!held) return;
    held.version = Math.max(held.version, version);
    const users = held.reactions.get(reaction) ?? new Set();
    held.reactions.set(reaction, users);
    if (isAdded) users.add(userId);
    else users.delete(userId);
  }

  #pin({ message_id: messageId, pinned_at: pinnedAt }: PinData, version: number): void {
    const held = this.#messages.get(messageId);
    if (!held) return;
    held.version = Math.max(held.version, version);
    held.pinnedAt = pinnedAt;
  }
}

interface ReactionData {
  readonly message_id: string;
  readonly reaction: string;
  readonly user_id: string;
}

interface PinData {
  readonly message_id: string;
  readonly pinned_at: string | null;
}

function lineOf({ message, version, replyCount, pinnedAt, reactions }: HeldMessage): string {
  const { seq, ordinal, content, edited_at: editedAt, deleted_at: deletedAt, parent_id: parentId } = message;
  const shown = [...reactions]
    .filter(([, users]) => users.size > 0)
    .map(([reaction, users]) => `${reaction}${[...users].toSorted().join("+")}`)
    .toSorted();
  const text = content.length > 80 ? `${content.slice(0, 80)}…(${content.length})` : content;
  return JSON.stringify({
    seq,
    ordinal,
    version,
    text,
    editedAt,
    deletedAt,
    parentId,
    replyCount,
    pinnedAt,
    reactions: shown,
  });
}
