import { useI18n } from "vue-i18n";
import { useErrors } from "../../composables/use-errors.ts";
import { useParley } from "../../composables/use-parley.ts";
import { useUiStore } from "../../stores/ui.ts";

/** As good as for ever: the service takes times up to the year 9999. */
const FOREVER = "9999-01-01T00:00:00.000Z";

/** Keeps one's list in order. */
export function useUpkeep() {
  const { t } = useI18n();
  const parley = useParley();
  const { attempt } = useErrors();
  const ui = useUiStore();

  async function archive(id: string, isArchived: boolean): Promise<void> {
    const isDone = await attempt(() => parley.api.archiveConversation({ conversation_id: id, archived: isArchived }));
    if (!isDone) return;
    const undo = isArchived ? { action: { label: t("chat.undo"), run: () => void archive(id, false) } } : {};
    ui.toast(isArchived ? t("list.archived") : t("list.unarchived"), undo);
  }

  /** For so many milliseconds; 0 ends it. */
  async function mute(id: string, forMs: number): Promise<void> {
    const until = forMs === 0 ? null : forMs === Infinity ? FOREVER : new Date(Date.now() + forMs).toISOString();
    const isDone = await attempt(() => parley.api.updateOwnMembership({ conversation_id: id, muted_until: until }));
    if (!isDone) return;
    ui.toast(until === null ? t("list.unmuted") : t("list.muted"));
  }

  return {
    archive,
    mute,
    markRead: (id: string) => attempt(() => parley.conversation(id).markRead()),
  };
}
