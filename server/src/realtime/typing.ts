import type { ConversationId, UserId } from "../domain/ids.ts";

export interface TypingDeps {
  /** Tells the others in the conversation. */
  readonly tell: (conversationId: ConversationId, userId: UserId, isTyping: boolean) => void;
  /** How many may be shown as typing in a conversation at once. */
  readonly maxTypists: (conversationId: ConversationId) => number;
  /** Milliseconds of a clock that nobody sets. */
  readonly now: () => number;
}

/** Who says nothing more for so long has ceased to type. */
const TIMEOUT_MS = 6_000;
/** That somebody still types is told again after so long, for those who have just come. */
const REPEAT_MS = 3_000;
/** One person types in few conversations at once; more is a fault or mischief. */
const MAX_CONVERSATIONS = 5;

interface Typist {
  until: number;
  repeatAt: number;
}

/** Who types where, as far as this node was told by its own clients. */
export class TypingBoard {
  readonly #deps: TypingDeps;
  readonly #conversations = new Map<ConversationId, Map<UserId, Typist>>();
  readonly #users = new Map<UserId, Set<ConversationId>>();

  constructor(deps: TypingDeps) {
    this.#deps = deps;
  }

  /** They still type; false where they were not known to, and whether they may has to be asked first. */
  renew(conversationId: ConversationId, userId: UserId): boolean {
    const typist = this.#conversations.get(conversationId)?.get(userId);
    if (!typist) return false;
    const now = this.#deps.now();
    typist.until = now + TIMEOUT_MS;
    if (now >= typist.repeatAt) {
      typist.repeatAt = now + REPEAT_MS;
      this.#deps.tell(conversationId, userId, true);
    }
    return true;
  }

  /** They begin to type. Where enough people are shown as typing already, nobody is told. */
  start(conversationId: ConversationId, userId: UserId): void {
    if (this.renew(conversationId, userId)) return;
    const typists = this.#conversations.get(conversationId) ?? new Map<UserId, Typist>();
    const conversations = this.#users.get(userId) ?? new Set<ConversationId>();
    if (typists.size >= this.#deps.maxTypists(conversationId) || conversations.size >= MAX_CONVERSATIONS) return;
    const now = this.#deps.now();
    typists.set(userId, { until: now + TIMEOUT_MS, repeatAt: now + REPEAT_MS });
    this.#conversations.set(conversationId, typists);
    this.#users.set(userId, conversations.add(conversationId));
    this.#deps.tell(conversationId, userId, true);
  }

  /** They have ceased to: they said so, sent the message, or left. False where they were not known to type. */
  stop(conversationId: ConversationId, userId: UserId): boolean {
    const typists = this.#conversations.get(conversationId);
    if (!typists?.delete(userId)) return false;
    if (typists.size === 0) this.#conversations.delete(conversationId);
    const conversations = this.#users.get(userId);
    conversations?.delete(conversationId);
    if (conversations?.size === 0) this.#users.delete(userId);
    this.#deps.tell(conversationId, userId, false);
    return true;
  }

  /** Their last socket is gone. */
  gone(userId: UserId): void {
    for (const id of [...(this.#users.get(userId) ?? [])]) this.stop(id, userId);
  }

  /** Ends what has timed out. Call it every second or so. */
  sweep(): void {
    const now = this.#deps.now();
    for (const [id, typists] of this.#conversations) {
      for (const [userId, { until }] of typists) if (until <= now) this.stop(id, userId);
    }
  }
}
