import type { Member, Message, MessagePage } from "@parley/protocol";
import type { Api } from "./api.ts";
import type { CallOptions } from "./http.ts";
import type { Clock } from "./clock.ts";
import type { Connection } from "./connection.ts";
import type { Observable } from "./observable.ts";
import type { Draft, Outgoing } from "./outbox/entry.ts";
import type { Outbox } from "./outbox/outbox.ts";
import { type OwnMessageStatus, receiptOf, statusOf, type Receipt } from "./store/receipts.ts";
import { reduceMark } from "./store/reduce.ts";
import type { Replica } from "./store/replica.ts";
import type { ConversationState } from "./store/state.ts";
import type { Sync } from "./store/sync.ts";
import {
  holesIn,
  liveWindow,
  mergeWindow,
  trimWindows,
  windowOfPage,
  type Hole,
  type PageAnchor,
} from "./store/windows.ts";
import { createOwnTyping } from "./typing.ts";

/** What one does with a conversation. Everything that changes is seen in `state`. */
export interface ConversationHandle {
  /** The conversation's id, a UUID. */
  readonly id: string;
  /** What is known of it, kept up to date. */
  readonly state: Observable<ConversationState>;
  /**
   * It is on screen: loads the newest messages where they are not held, and hears typing and marks however large it is.
   * Rejects with a `ParleyError` where they cannot be loaded (`offline`, `not_found`); they are loaded with the next
   * connection all the same. At most 100 conversations may be open at once.
   */
  open(): Promise<void>;
  /** It is no longer on screen: keeps the newest messages alone. */
  close(): void;
  /** The newest page, where it is not held. */
  loadNewest(options?: CallOptions): Promise<void>;
  /** The page before the oldest message held, or before `seq`. Answers whether there is more. */
  loadOlder(options?: CallOptions & { readonly before?: number }): Promise<boolean>;
  /** The page after the message with this seq; default: after the oldest stretch that has an end. Answers whether there is more. */
  loadNewer(options?: CallOptions & { readonly after?: number }): Promise<boolean>;
  /** The messages on both sides of a seq, a message or a time. */
  loadAround(place: string | number, options?: CallOptions): Promise<void>;
  /** What is missing between the stretches held. */
  holes(): readonly Hole[];
  /** Loads one page into a hole, from its newer side. */
  fill(hole: Hole, options?: CallOptions): Promise<void>;
  /** Loads all members into `state.members`, where they are kept up to date from then on. Guests may not list them: `permission_denied`. */
  loadMembers(options?: CallOptions): Promise<void>;
  /** Loads everyone's marks into `state.marks`, where the conversation is too large to be told them. */
  loadMarks(options?: CallOptions): Promise<void>;
  /** Loads the conversation itself anew: what concerns oneself alone (its archiving, say) may have been set on another device. */
  refresh(): Promise<void>;
  /**
   * Sends a text, or more. It is in `state.pending` at once, sent when it can be, and kept until then. Never throws: what
   * is refused is `failed` there.
   */
  send(draft: string | Draft): Outgoing;
  /** Changes what a message of one's own says. Rejects with `edit_window_over`, `message_deleted`, `permission_denied`. */
  edit(messageId: string, content: string): Promise<Message>;
  /** Deletes a message: one's own, or with the permission `delete_messages`. Deleting twice is no mistake. */
  delete(messageId: string): Promise<void>;
  /** Adds a reaction of one's own: one emoji or `:name:`. Adding twice is no mistake. */
  react(messageId: string, reaction: string): Promise<void>;
  /** Takes a reaction of one's own away. */
  unreact(messageId: string, reaction: string): Promise<void>;
  /** Tells that one has read up to the message with this seq; default: the last one. Marks never go backwards. */
  markRead(seq?: number): Promise<void>;
  /** Tells others that one is typing. Call it at each keystroke, and with false when the text is cleared; it ends by itself after 5 s. */
  typing(isTyping?: boolean): void;
  /** Where one's own message is, be it in `pending` or in a window: `queued`, `sending`, `failed`, `sent`, `delivered` or `read`. */
  statusOf(message: Message | Outgoing): OwnMessageStatus;
  /** Whom one's own message has reached. */
  receiptOf(message: Message): Receipt;
}

export interface ConversationDeps {
  readonly api: Api;
  readonly clock: Clock;
  readonly connection: () => Connection;
  readonly outbox: Outbox;
  readonly sync: Sync;
  readonly pageSize: number;
  /** A page with messages of others is on this device. */
  readonly onHeld: (replica: Replica, newest: Message) => void;
}

/** Messages that stay in memory of a conversation that is not on screen. */
const KEPT = 200;
const MEMBERS_PAGE = 100;

export interface OwnedHandle extends ConversationHandle {
  readonly replica: Replica;
  /** After a new connection, or when what was held was dropped. */
  restore(): void;
}

export function createConversation(deps: ConversationDeps, replica: Replica): OwnedHandle {
  const { api, sync, connection } = deps;
  const { id } = replica;
  const at = { conversation_id: id };
  const loads = new Map<string, Promise<MessagePage | undefined>>();
  let isOpen = false;

  /** One page into its place. The same page is not asked for twice at once. */
  function load(anchor: PageAnchor, options: CallOptions = {}): Promise<MessagePage | undefined> {
    const key = JSON.stringify(anchor);
    const running = options.signal ? undefined : loads.get(key);
    if (running) return running;
    const loading = read(anchor, options).finally(() => loads.delete(key));
    if (!options.signal) loads.set(key, loading);
    return loading;
  }

  async function read(anchor: PageAnchor, options: CallOptions): Promise<MessagePage | undefined> {
    // What comes after a version can only be put to it once the version is known.
    await sync.settled(replica);
    const ask = () => api.listMessages({ ...at, limit: deps.pageSize, ...anchor }, options);
    const page = await replica.reading(ask, (state, answer) => ({
      ...state,
      windows: mergeWindow(state.windows, windowOfPage(answer, anchor)),
    }));
    // Dropped meanwhile: what was read is of before.
    if (!page) return replica.cell.value.gone ? undefined : await read(anchor, options);
    const newest = page.items.find(({ sender_id: sender }) => sender !== sync.me());
    if (newest) deps.onHeld(replica, newest);
    return page;
  }

  async function hear(): Promise<void> {
    const { head, marks = [] } = await connection().request("open", at);
    replica.update((state) => marks.reduce(reduceMark, state));
    // Channels that one only follows are told from here on: what came before has to be asked for.
    sync.reach(replica, head);
  }

  const tellTyping = createOwnTyping(deps.clock, (isTyping) => {
    connection()
      .request("typing", { ...at, is_typing: isTyping })
      .catch(() => undefined);
  });

  return {
    id,
    replica,
    state: replica.cell,
    restore() {
      if (!isOpen) return;
      hear().catch(() => undefined);
      if (!liveWindow(replica.cell.value.windows)) load({}).catch(() => undefined);
    },
    async open() {
      isOpen = true;
      // Without a connection it is opened when there is one.
      const heard = hear().catch(() => undefined);
      await sync.restored;
      if (!liveWindow(replica.cell.value.windows)) await load({});
      await heard;
    },
    close() {
      if (!isOpen) return;
      isOpen = false;
      tellTyping(false);
      connection()
        .request("close", at)
        .catch(() => undefined);
      replica.update((state) => ({ ...state, windows: trimWindows(state.windows, KEPT) }));
    },
    async loadNewest(options) {
      if (!liveWindow(replica.cell.value.windows)) await load({}, options);
    },
    async loadOlder({ before, ...options } = {}) {
      const oldest = before ?? replica.cell.value.windows[0]?.from;
      if (oldest === 0) return false;
      const page = await load(oldest === undefined ? {} : { before: oldest }, options);
      return page !== undefined && page.next_cursor !== null;
    },
    async loadNewer({ after, ...options } = {}) {
      const newest = after ?? replica.cell.value.windows[0]?.to;
      if (newest === Infinity) return false;
      await load(newest === undefined ? {} : { after: newest }, options);
      return liveWindow(replica.cell.value.windows)?.from !== replica.cell.value.windows[0]?.from;
    },
    async loadAround(place, options) {
      await load({ around: place }, options);
    },
    holes: () => holesIn(replica.cell.value.windows),
    async fill({ before }, options) {
      await load(before === Infinity ? {} : { before }, options);
    },
    async loadMembers(options) {
      await sync.settled(replica);
      const read = async (): Promise<Member[]> => {
        const members: Member[] = [];
        let cursor: string | null | undefined;
        do {
          const page = await api.listMembers(
            { ...at, limit: MEMBERS_PAGE, ...(cursor == null ? {} : { cursor }) },
            options,
          );
          members.push(...page.items);
          cursor = page.next_cursor;
        } while (cursor != null);
        return members;
      };
      await replica.reading(read, (state, members) => ({
        ...state,
        members: new Map(members.map((member) => [member.user_id, member])),
      }));
    },
    async loadMarks(options) {
      let cursor: string | null | undefined;
      do {
        const page = await api.listMarks(
          { ...at, limit: MEMBERS_PAGE, ...(cursor == null ? {} : { cursor }) },
          options,
        );
        replica.update((state) => page.items.reduce(reduceMark, state));
        cursor = page.next_cursor;
      } while (cursor != null);
    },
    refresh: () => sync.refresh(replica),
    send(draft) {
      tellTyping(false);
      const { outgoing, kept } = deps.outbox.add(at, typeof draft === "string" ? { content: draft } : draft);
      // Where nothing can be kept it is sent all the same.
      kept.catch(() => undefined);
      return outgoing;
    },
    edit: (messageId, content) => api.editMessage({ ...at, message_id: messageId, content }),
    async delete(messageId) {
      await api.deleteMessage({ ...at, message_id: messageId });
    },
    async react(messageId, reaction) {
      await api.addReaction({ message_id: messageId, reaction });
    },
    async unreact(messageId, reaction) {
      await api.removeReaction({ message_id: messageId, reaction });
    },
    async markRead(seq) {
      await api.markRead({ ...at, ...(seq === undefined ? {} : { seq }) });
    },
    typing: (isTyping = true) => tellTyping(isTyping),
    statusOf: (message) => statusOf(replica.cell.value, message),
    receiptOf: (message) => receiptOf(replica.cell.value, message),
  };
}
