import type { Ref } from "vue";
import type { Router } from "vue-router";
import type { useBlocksStore } from "../../stores/blocks.ts";
import { quotationOf } from "./quotation.ts";
import type { Row } from "./rows.ts";
import type { Chat } from "./use-chat.ts";

interface RowKeysDeps {
  readonly chat: Chat;
  readonly blocks: Pick<ReturnType<typeof useBlocksStore>, "hides" | "show">;
  readonly router: Router;
  readonly rows: () => readonly Row[];
  readonly scroller: Readonly<Ref<HTMLElement | null>>;
}

/** Messages by the keyboard: up and down lead from one to the next, E edits, T opens the thread, Q quotes, Enter shows what is hidden. */
export function createRowKeys({ chat, blocks, router, rows, scroller }: RowKeysDeps): (event: KeyboardEvent) => void {
  const articles = (): HTMLElement[] => [...(scroller.value?.querySelectorAll<HTMLElement>("article[data-key]") ?? [])];

  function step(from: HTMLElement | null, by: 1 | -1): void {
    const all = articles();
    const at = from ? all.indexOf(from) : -1;
    const next = at < 0 ? lastInSight(all) : all[at + by];
    next?.focus({ preventScroll: true });
    next?.scrollIntoView({ block: "nearest" });
  }

  function lastInSight(all: readonly HTMLElement[]): HTMLElement | undefined {
    const foot = scroller.value?.getBoundingClientRect().bottom ?? 0;
    return all.findLast((article) => article.getBoundingClientRect().bottom <= foot + 1) ?? all.at(-1);
  }

  function act(key: string, row: Row | undefined): boolean {
    const { message } = row ?? {};
    if (!message || message.deleted_at) return false;
    if (blocks.hides(message)) {
      if (key === "Enter") blocks.show(message);
      return key === "Enter";
    }
    switch (key) {
      case "e":
        if (message.sender_id !== chat.myId) return false;
        chat.editing.value = message.id;
        return true;
      case "q":
        chat.quoted.value = { text: quotationOf(message.content) };
        return true;
      case "t":
      case "Enter":
        void router.push({
          name: "thread",
          params: { conversationId: message.conversation_id, rootId: message.id },
        });
        return true;
      default:
        return false;
    }
  }

  return (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.target instanceof HTMLElement)) return;
    const { target, key } = event;
    // What is inside a message has keys of its own.
    if (target !== scroller.value && !target.matches("article[data-key]")) return;
    const article = target === scroller.value ? null : target;
    if (key === "ArrowUp" || key === "ArrowDown") step(article, key === "ArrowUp" ? -1 : 1);
    else if (
      !article ||
      !act(
        key,
        rows().find((row) => row.key === article.dataset["key"]),
      )
    )
      return;
    event.preventDefault();
  };
}
