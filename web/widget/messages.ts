import type { ConversationHandle, ConversationState, Outgoing } from "@parley/client";
import type { Message } from "@parley/protocol";
import { arrange, element } from "./dom.ts";
import { richText } from "./rich-text.ts";
import type { Texts } from "./texts.ts";

export interface MessagesDeps {
  readonly texts: Texts;
  readonly locale: string;
  readonly myId: () => string | undefined;
  readonly outbox: { retry(id: string): Promise<void>; discard(id: string): Promise<boolean> };
}

interface Shown {
  readonly element: HTMLElement;
  /** What it was made of: made anew when that changes. */
  readonly of: string;
}

/** The conversation as elements, each kept for as long as its message is the same: screen readers hear of the new ones alone. */
export function createMessages({ texts, locale, myId, outbox }: MessagesDeps) {
  const shown = new Map<string, Shown>();
  const clock = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" });
  const day = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" });

  function keep(key: string, of: string, make: () => HTMLElement): HTMLElement {
    const held = shown.get(key);
    if (held?.of === of) return held.element;
    const made = make();
    shown.set(key, { element: made, of });
    return made;
  }

  function dayLine(at: Date): HTMLElement {
    const text = day.format(at);
    return keep(`day ${at.toDateString()}`, text, () => element("p", { class: "day" }, text));
  }

  function bubble(
    name: string | undefined,
    at: Date,
    body: Node,
    ...notes: readonly (string | undefined)[]
  ): HTMLElement {
    const kind = name === undefined ? "own" : "theirs";
    const note = [clock.format(at), ...notes].filter((text) => text !== undefined).join(" · ");
    return element(
      "div",
      { class: `message ${kind}`, role: "article", "aria-label": `${name ?? texts.you}, ${clock.format(at)}` },
      name === undefined ? undefined : element("p", { class: "name" }, name),
      element("div", { class: "bubble" }, body),
      element("p", { class: "note" }, note),
    );
  }

  function messageOf(message: Message, handle: ConversationHandle): HTMLElement {
    const isOwn = message.sender_id === myId();
    const status = isOwn ? texts[handle.receiptOf(message).status] : undefined;
    const edited = message.edited_at === null ? undefined : texts.edited;
    return keep(message.id, `${message.version} ${status}`, () => {
      const body = message.deleted_at === null ? richText(message.content) : element("em", {}, texts.deleted);
      const name = isOwn ? undefined : message.sender.display_name;
      return bubble(name, new Date(message.created_at), body, edited, status);
    });
  }

  function outgoingOf({ id, draft, at, state, reason }: Outgoing): HTMLElement {
    return keep(id, state, () => {
      const made = bubble(undefined, new Date(at), richText(draft.content ?? ""), texts[state]);
      if (state !== "failed") return made;
      const button = (text: string, onClick: () => unknown): HTMLElement => {
        const it = element("button", { type: "button", class: "small" }, text);
        it.addEventListener("click", () => void onClick());
        return it;
      };
      made.append(
        element("p", { class: "failed", role: "alert" }, reason?.message ?? ""),
        button(texts.retry, () => outbox.retry(id)),
        button(texts.discard, () => outbox.discard(id)),
      );
      return made;
    });
  }

  return {
    /** Shows what is held of a conversation in an element. */
    show(parent: Element, state: ConversationState, handle: ConversationHandle): void {
      const messages = state.windows.findLast(({ to }) => to === Infinity)?.messages ?? [];
      const held = new Set(messages.map(({ id }) => id));
      const rows: HTMLElement[] = [];
      let last = "";
      const add = (at: Date, row: HTMLElement): void => {
        if (at.toDateString() !== last) rows.push(dayLine(at));
        last = at.toDateString();
        rows.push(row);
      };
      for (const message of messages) add(new Date(message.created_at), messageOf(message, handle));
      for (const outgoing of state.pending)
        if (!held.has(outgoing.id)) add(new Date(outgoing.at), outgoingOf(outgoing));
      arrange(parent, rows);
    },
  };
}
