import type { Message } from "@parley/protocol";
import { computed, type ComputedRef } from "vue";
import type { MarkdownOptions } from "../markdown/markdown.ts";
import { usePeopleStore } from "../stores/people.ts";
import { useMyId } from "./use-parley.ts";

/** Those whom messages mention, by their usernames: so that the text can show who is meant. */
export function useMentions(messages: () => Iterable<Message>): ComputedRef<NonNullable<MarkdownOptions["mentions"]>> {
  const people = usePeopleStore();
  const myId = useMyId();
  return computed(() => {
    const ids = new Set([...messages()].flatMap((message) => message.mentions));
    const mentioned = [...ids].flatMap((id) => people.person(id) ?? []);
    return new Map(
      mentioned.map(({ id, username, display_name: name }) => [
        username.toLowerCase(),
        { id, name, isMe: id === myId },
      ]),
    );
  });
}
