import type { ConversationSummary } from "@parley/protocol";
import { useI18n } from "vue-i18n";
import { useSessionStore } from "../stores/session.ts";

/** What a conversation is called: its title, else whom it is with. */
export function useConversationName(): (conversation: ConversationSummary | undefined) => string {
  const { t } = useI18n();
  const session = useSessionStore();
  return (conversation) => {
    if (!conversation) return "";
    const { kind, title, peer, subject_user: subject } = conversation;
    if (title !== null) return title;
    if (kind === "direct") return peer?.display_name ?? t("list.untitled");
    if (kind === "support") return subject && subject.id !== session.me?.id ? subject.display_name : t("list.support");
    return kind === "system" ? t("list.notices") : t("list.untitled");
  };
}
