import { computed, onScopeDispose, ref, type ComputedRef } from "vue";
import { useI18n } from "vue-i18n";
import type { Chat } from "../chat/use-chat.ts";

/** Why one cannot write here, and what can be done about it. */
export interface Refusal {
  readonly text: string;
  readonly canJoin: boolean;
}

/** Whether one may write in a conversation now. What is not known yet is allowed: the service decides. */
export function useWriting(chat: Chat) {
  const { t } = useI18n();
  const conversation = computed(() => chat.state.value.conversation);

  const refusal = computed<Refusal | undefined>(() => {
    const { kind, unread_count: unread, visibility } = conversation.value ?? {};
    if (kind === "system") return { text: t("composer.read_only"), canJoin: false };
    if (unread === null) return { text: t("composer.not_allowed"), canJoin: visibility === "public" };
    const { value: membership } = chat.membership;
    if (membership && !membership.permissions.includes("send_messages"))
      return { text: t("composer.not_permitted"), canJoin: false };
    return undefined;
  });

  return { refusal, waitSeconds: useSlowMode(chat) };
}

/** How long until one may write again where that is slowed down; 0 where it is not. */
function useSlowMode(chat: Chat): ComputedRef<number> {
  const now = ref(Date.now());
  const ticking = setInterval(() => (now.value = Date.now()), 1_000);
  onScopeDispose(() => clearInterval(ticking));
  return computed(() => {
    const { windows, conversation, pending } = chat.state.value;
    const seconds = conversation?.settings.slow_mode_seconds ?? 0;
    if (seconds === 0 || chat.membership.value === undefined || chat.may("moderate_content")) return 0;
    const last = windows.at(-1)?.messages.findLast(({ sender_id: id }) => id === chat.myId);
    const lastAt = Math.max(last ? Date.parse(last.created_at) : 0, pending.at(-1)?.at ?? 0);
    return Math.max(0, Math.ceil((lastAt + seconds * 1_000 - now.value) / 1_000));
  });
}
