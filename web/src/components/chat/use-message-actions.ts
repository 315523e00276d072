import type { Message } from "@parley/protocol";
import { computed } from "vue";
import { useI18n } from "vue-i18n";
import { useRouter } from "vue-router";
import { copyText } from "../../composables/copy-text.ts";
import { useErrors } from "../../composables/use-errors.ts";
import { useParley } from "../../composables/use-parley.ts";
import { useSessionStore } from "../../stores/session.ts";
import { useSavedStore } from "../../stores/saved.ts";
import { useUiStore } from "../../stores/ui.ts";
import { quotationOf } from "./quotation.ts";
import { isNotice } from "./rows.ts";
import type { Chat } from "./use-chat.ts";

/** What a message can show of itself in a dialog. */
export type MessageDialog = "history" | "receipts" | "reactions";

/** What can be done with a message, and by whom. The service decides in the end; here, what it would refuse is not offered. */
export function useMessageActions(chat: Chat, message: () => Message) {
  const { t } = useI18n();
  const { api } = useParley();
  const { attempt } = useErrors();
  const ui = useUiStore();
  const saved = useSavedStore();
  const session = useSessionStore();
  const router = useRouter();

  const isOwn = computed(() => message().sender_id === chat.myId);
  const kind = computed(() => chat.state.value.conversation?.kind);
  const isMember = computed(
    () => chat.membership.value != null || (kind.value === "support" && session.isStaff) || kind.value === "direct",
  );
  const at = computed(() => ({ conversation_id: message().conversation_id, message_id: message().id }));
  const address = computed(
    () =>
      router.resolve({
        name: "message",
        params: { conversationId: message().conversation_id, place: String(message().seq) },
      }).href,
  );

  async function copy(text: string, said: string): Promise<void> {
    await copyText(text);
    ui.toast(said);
  }

  async function restore(): Promise<void> {
    if (await attempt(() => api.restoreMessage(at.value))) ui.announce(t("chat.restored"));
  }

  return {
    isOwn,
    canReact: isMember,
    canEdit: computed(() => isOwn.value && !isNotice(message())),
    canDelete: computed(() => isOwn.value || chat.may("delete_messages")),
    canRestore: computed(() => isOwn.value || chat.may("delete_messages")),
    canPin: computed(
      () => isMember.value && (kind.value === "direct" || kind.value === "group" || chat.may("moderate_content")),
    ),
    isSaved: computed(() => saved.ids.has(message().id)),
    restore,
    edit: () => (chat.editing.value = message().id),
    quote: () => (chat.quoted.value = { text: quotationOf(message().content) }),
    copyText: () => copy(message().content, t("common.copied")),
    copyLink: () => copy(location.origin + address.value, t("chat.link_copied")),
    async remove(): Promise<void> {
      if (!(await attempt(() => api.deleteMessage(at.value)))) return;
      ui.toast(t("chat.deleted_toast"), { action: { label: t("chat.undo"), run: () => void restore() } });
    },
    async togglePin(): Promise<void> {
      const isPinned = message().pinned_at !== null;
      await attempt(() => (isPinned ? api.unpinMessage(at.value) : api.pinMessage(at.value)));
    },
    async toggleSaved(): Promise<void> {
      const isSaved = saved.ids.has(message().id);
      if (await attempt(() => (isSaved ? saved.remove(message().id) : saved.add(message()))))
        ui.toast(isSaved ? t("chat.unsaved") : t("chat.saved"));
    },
  };
}
