import { connect, type ConversationHandle, type ConversationState, type GetToken } from "@parley/client";
import { memory } from "./memory.ts";
import { createMessages } from "./messages.ts";
import type { WidgetOptions } from "./options.ts";
import { textsFor } from "./texts.ts";
import { createView } from "./view.ts";

/** What a page may do with the chat once it is there. */
export interface Widget {
  open(): void;
  close(): void;
  /** Somebody has signed in or out: asks for a token again. */
  reconnect(): void;
  /** Takes it from the page. */
  destroy(): void;
}

/** A loss that is over in a moment is not worth a word. */
const PATIENCE_MS = 2_000;

/** A customer's conversation with the team, as a bubble in the corner of any page. */
export function createWidget(options: WidgetOptions & { readonly url: string }, getToken: GetToken): Widget {
  const wanted = [options.locale, document.documentElement.lang, ...navigator.languages];
  const { texts, locale } = textsFor(wanted, navigator.languages);
  const parley = connect({ url: options.url, getToken });
  const messages = createMessages({ texts, locale, myId: () => parley.userId, outbox: parley.outbox });
  let handle: ConversationHandle | undefined;
  let stopFollowing = (): void => undefined;
  let awayTimer: ReturnType<typeof setTimeout> | undefined;
  let isLoading = false;

  const view = createView({
    texts,
    locale,
    title: options.title ?? texts.title,
    theme: options.theme ?? "auto",
    side: options.side ?? "end",
    onToggle(isOpen) {
      memory.set({ isOpen });
      if (isOpen) enter();
      else handle?.close();
    },
    onSend: send,
    onInput(text) {
      memory.set({ draft: text });
      handle?.typing(text !== "");
    },
    onOlder: () => void loadOlder(),
  });

  /** The conversation is made with the first message: who only looks leaves nothing behind. */
  async function send(text: string): Promise<boolean> {
    try {
      const target = handle ?? follow((await parley.api.createConversation({ kind: "support" })).id);
      if (view.isOpen()) void target.open().catch(() => undefined);
      target.send(text);
      return true;
    } catch {
      view.setNote(texts.unreachable);
      return false;
    }
  }

  function follow(id: string): ConversationHandle {
    if (handle?.id === id) return handle;
    stopFollowing();
    const next = parley.conversation(id);
    handle = next;
    const stop = next.state.subscribe(show);
    stopFollowing = stop;
    show(next.state.value);
    if (view.isOpen()) enter();
    return next;
  }

  function enter(): void {
    void handle?.open().catch(() => undefined);
    read();
  }

  function show(state: ConversationState): void {
    if (!handle) return;
    const current = handle;
    const live = state.windows.findLast(({ to }) => to === Infinity);
    view.rearrange(() => messages.show(view.rows, state, current));
    view.setEmpty((live?.messages.length ?? 0) === 0 && state.pending.length === 0);
    view.setOlder(live !== undefined && live.from > 0);
    view.setUnread(state.unread ?? 0);
    const [typist] = state.typing;
    const known = live?.messages.findLast(({ sender_id: id }) => id === typist)?.sender.display_name;
    view.setTyping(typist === undefined ? "" : texts.typing(known ?? texts.someone));
    read();
  }

  /** Read is what is on the screen of somebody who is there. */
  function read(): void {
    if (!handle || !view.isOpen() || document.visibilityState !== "visible" || !document.hasFocus()) return;
    const { unread, windows } = handle.state.value;
    const newest = windows.findLast(({ to }) => to === Infinity)?.messages.at(-1);
    if (newest && (unread ?? 0) > 0) void handle.markRead(newest.seq).catch(() => undefined);
  }

  async function loadOlder(): Promise<void> {
    if (isLoading) return;
    isLoading = true;
    await handle?.loadOlder().catch(() => undefined);
    isLoading = false;
  }

  function find(states: readonly ConversationState[] | undefined): void {
    const own = states?.find(
      ({ conversation }) => conversation?.kind === "support" && conversation.subject_user?.id === parley.userId,
    );
    if (own) follow(own.id);
  }

  const stops = [
    parley.conversations.subscribe(find),
    parley.connection.subscribe((state) => {
      clearTimeout(awayTimer);
      // Nobody is signed in: there is nobody to talk with.
      view.host.hidden = state === "unauthorised";
      if (state === "unauthorised") memory.forget();
      if (state === "online") view.setNote("");
      else if (state === "offline") awayTimer = setTimeout(() => view.setNote(texts.offline), PATIENCE_MS);
    }),
  ];
  document.addEventListener("visibilitychange", read);
  addEventListener("focus", read);

  const { isOpen, draft } = memory.get();
  view.setUnread(0);
  view.setDraft(draft);
  document.body.append(view.host);
  find(parley.conversations.value);
  // As it was on the page before; the focus stays with the page.
  if (isOpen) view.open();

  return {
    open: () => view.open(),
    close: () => view.close(),
    reconnect: () => parley.reconnect(),
    destroy() {
      for (const stop of stops) stop();
      stopFollowing();
      clearTimeout(awayTimer);
      document.removeEventListener("visibilitychange", read);
      removeEventListener("focus", read);
      parley.close();
      view.host.remove();
    },
  };
}
