import type { ConversationState } from "@parley/client";
import type { User } from "@parley/protocol";
import {
  Bell,
  CheckCheck,
  Hash,
  Headset,
  Keyboard,
  LogOut,
  MessagesSquare,
  Palette,
  Search,
  Settings,
  ShieldCheck,
  Users,
} from "@lucide/vue";
import { computed, type Component, type Ref } from "vue";
import { useI18n } from "vue-i18n";
import { useRoute, useRouter, type RouteLocationRaw } from "vue-router";
import { useConversationName } from "../../composables/use-conversation-name.ts";
import { useErrors } from "../../composables/use-errors.ts";
import { useMyId, useParley } from "../../composables/use-parley.ts";
import { useConversationsStore } from "../../stores/conversations.ts";
import { THEMES, usePreferencesStore } from "../../stores/preferences.ts";
import { useRecentsStore } from "../../stores/recents.ts";
import { useSessionStore } from "../../stores/session.ts";
import { useUiStore } from "../../stores/ui.ts";
import { usePeopleSearch } from "../people/use-people-search.ts";
import { rank } from "./fuzzy.ts";

export interface Entry {
  readonly key: string;
  readonly group: "conversations" | "people" | "actions";
  readonly label: string;
  readonly hint?: string | undefined;
  readonly icon?: Component;
  /** In the place of an icon. */
  readonly person?: { readonly id: string; readonly name: string; readonly url?: string | null | undefined };
  readonly unread?: number;
  readonly run: () => unknown;
}

const FEW = 8;
/** The service takes so many at once. */
const AT_ONCE = 100;

/** What one may go to or do, for what was typed: recent first where nothing was. */
export function useEntries(text: Readonly<Ref<string>>, showShortcuts: () => void) {
  const { t } = useI18n();
  const route = useRoute();
  const router = useRouter();
  const parley = useParley();
  const myId = useMyId();
  const session = useSessionStore();
  const conversations = useConversationsStore();
  const recents = useRecentsStore();
  const preferences = usePreferencesStore();
  const ui = useUiStore();
  const nameOf = useConversationName();
  const { attempt } = useErrors();
  const { found } = usePeopleSearch(text);

  const go = (to: RouteLocationRaw) => () => router.push(to);

  const places = computed<readonly Entry[]>(() => {
    const here = route.params["conversationId"];
    const order = new Map(recents.ids.map((id, index) => [id, index]));
    return conversations.present
      .filter(({ id, conversation }) => conversation && (id !== here || text.value !== ""))
      .toSorted((a, b) => (order.get(a.id) ?? Infinity) - (order.get(b.id) ?? Infinity) || 0)
      .map((state) => placeOf(state));
  });

  function placeOf({ id, conversation, unread }: ConversationState): Entry {
    const peer = conversation?.peer;
    const space = conversations.spaces.find((one) => one.id === conversation?.space_id);
    return {
      key: id,
      group: "conversations",
      label: nameOf(conversation),
      hint: space?.name,
      unread: unread ?? 0,
      ...(peer
        ? { person: { id: peer.id, name: peer.display_name, url: peer.avatar_url } }
        : { icon: conversation?.kind === "channel" ? Hash : conversation?.kind === "support" ? Headset : Users }),
      run: go({ name: "conversation", params: { conversationId: id } }),
    };
  }

  const people = computed<readonly Entry[]>(() => {
    const known = new Set(conversations.present.flatMap(({ conversation }) => conversation?.peer?.id ?? []));
    return found.value.filter(({ id }) => id !== myId && !known.has(id)).map(personOf);
  });

  function personOf({ id, display_name: name, username, avatar_url: url }: User): Entry {
    return {
      key: id,
      group: "people",
      label: name,
      hint: `@${username}`,
      person: { id, name, url },
      run: () =>
        attempt(async () => {
          const made = await parley.api.createConversation({ kind: "direct", member_ids: [id] });
          await router.push({ name: "conversation", params: { conversationId: made.id } });
        }),
    };
  }

  async function readEverything(): Promise<void> {
    const ids = conversations.present.filter(({ unread }) => (unread ?? 0) > 0).map(({ id }) => id);
    const worked = await attempt(async () => {
      for (let from = 0; from < ids.length; from += AT_ONCE)
        await parley.api.markManyRead({ conversation_ids: ids.slice(from, from + AT_ONCE) });
    });
    if (worked) ui.toast(t("switcher.all_read"));
  }

  const actions = computed<readonly Entry[]>(() => {
    const action = (key: string, label: string, icon: Component, run: () => unknown): Entry => ({
      key,
      group: "actions",
      label,
      icon,
      run,
    });
    const place = (name: string, icon: Component) =>
      action(name, t("switcher.go_to", { name: t(`${name}.title`) }), icon, go({ name }));
    const here = route.params["conversationId"];
    return [
      ...(typeof here === "string"
        ? [
            action(
              "search-here",
              t("search.open"),
              Search,
              go({ name: "conversation-search", params: { conversationId: here } }),
            ),
          ]
        : []),
      place("search", Search),
      place("notifications", Bell),
      action("home", t("switcher.go_to", { name: t("list.title") }), MessagesSquare, go({ name: "home" })),
      ...(session.isStaff ? [place("support", Headset)] : []),
      ...(session.isAdmin ? [place("admin", ShieldCheck)] : []),
      place("settings", Settings),
      action("read", t("switcher.read_all"), CheckCheck, readEverything),
      action("shortcuts", t("switcher.shortcuts"), Keyboard, showShortcuts),
      ...THEMES.filter((theme) => theme !== preferences.theme).map((theme) =>
        action(
          `theme-${theme}`,
          t("switcher.theme", { name: t(`settings.theme_${theme}`) }),
          Palette,
          () => (preferences.theme = theme),
        ),
      ),
      action("sign-out", t("common.sign_out"), LogOut, go({ name: "settings", params: { section: "account" } })),
    ];
  });

  return computed<readonly Entry[]>(() => {
    const query = text.value.trim();
    // A name may be typed with its mark: #general, @grace.
    const bare = query.replace(/^[#@>]/, "");
    if (query === "") return [...places.value.slice(0, FEW), ...actions.value.slice(0, FEW)];
    if (query.startsWith(">")) return rank(bare, actions.value, ({ label }) => label);
    return [
      ...rank(bare, places.value, ({ label }) => label).slice(0, FEW),
      ...people.value.slice(0, FEW),
      ...(query.startsWith("#") || query.startsWith("@")
        ? []
        : rank(bare, actions.value, ({ label }) => label).slice(0, FEW)),
    ];
  });
}
