import type { ConversationHandle } from "@parley/client";
import { computed, shallowRef, watch, type ComputedRef } from "vue";
import { useI18n } from "vue-i18n";
import { useParley } from "../../composables/use-parley.ts";
import { useEmojiSearch } from "../../emoji/use-emoji-search.ts";
import { useConversationsStore } from "../../stores/conversations.ts";
import { usePeopleStore, type Person } from "../../stores/people.ts";
import { rankPeople, type Token } from "./completion.ts";

/** One thing that can stand where the caret is. */
export interface Suggestion {
  readonly key: string;
  /** What is put into the text. */
  readonly text: string;
  readonly title: string;
  readonly hint: string;
  readonly person?: Person;
  readonly sign?: string;
}

const MOST = 8;
const ASK_MS = 150;

/** What is offered while one types @somebody, #channel or :emoji. */
export function useCompletion(handle: ConversationHandle, token: () => Token): ComputedRef<readonly Suggestion[]> {
  const { t } = useI18n();
  const { api } = useParley();
  const people = usePeopleStore();
  const conversations = useConversationsStore();
  const emoji = useEmojiSearch();
  const found = shallowRef<readonly Person[]>([]);

  // Where not all are known, the service is asked.
  let asking: ReturnType<typeof setTimeout> | undefined;
  watch(
    token,
    ({ sign, wanted }) => {
      clearTimeout(asking);
      if (sign !== "@" || wanted.length < 2 || handle.state.value.members) return;
      asking = setTimeout(() => {
        api
          .listUsers({ q: wanted, limit: MOST })
          .then(({ items }) => {
            people.learn(items);
            found.value = items;
          })
          .catch(() => undefined);
      }, ASK_MS);
    },
    { immediate: true },
  );

  function peopleFor(wanted: string): readonly Suggestion[] {
    const { members, conversation } = handle.state.value;
    const known = members ? [...members.values()].map(({ user }) => user) : [...spoken(), ...found.value];
    const list = rankPeople(known, wanted).map<Suggestion>((person) => ({
      key: person.id,
      text: `@${person.username} `,
      title: person.display_name,
      hint: `@${person.username}`,
      person,
    }));
    const all = (["all", "here"] as const)
      .filter((name) => name.startsWith(wanted.toLowerCase()) && conversation?.kind !== "direct")
      .map<Suggestion>((name) => ({
        key: name,
        text: `@${name} `,
        title: `@${name}`,
        hint: t(`composer.mention_${name}`),
        sign: "@",
      }));
    return [...list.slice(0, MOST - all.length), ...all];
  }

  /** Those whose messages are here. */
  function spoken(): Person[] {
    const ids = new Set(handle.state.value.windows.flatMap(({ messages }) => messages.map((m) => m.sender_id)));
    return [...ids].flatMap((id) => people.person(id) ?? []);
  }

  function channelsFor(wanted: string): readonly Suggestion[] {
    const lower = wanted.toLowerCase();
    return [...conversations.channels]
      .filter(([slug, { title }]) => slug.includes(lower) || title.toLowerCase().includes(lower))
      .slice(0, MOST)
      .map(([slug, { id, title }]) => ({ key: id, text: `#${slug} `, title, hint: `#${slug}`, sign: "#" }));
  }

  function emojiFor(wanted: string): readonly Suggestion[] {
    return (emoji.value?.find(wanted, MOST) ?? []).map((entry) => ({
      key: entry.emoji,
      text: `${entry.emoji} `,
      title: `:${entry.names[0]}:`,
      hint: entry.label ?? "",
      sign: entry.emoji,
    }));
  }

  return computed(() => {
    const { sign, wanted } = token();
    if (sign === "@") return peopleFor(wanted);
    return sign === "#" ? channelsFor(wanted) : emojiFor(wanted);
  });
}
