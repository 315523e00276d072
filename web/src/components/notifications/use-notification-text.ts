import { useI18n } from "vue-i18n";
import type { Told } from "./told.ts";

/** Why one was told, in words: "Grace Hopper mentioned you in Random". */
export function useNotificationText(): (told: Told) => string {
  const { t } = useI18n();
  return ({ reason, sender, title }) => {
    const name = sender?.display_name ?? t("notices.somebody");
    const place = title ?? t("notices.a_conversation");
    return t(`notices.reason_${reason}`, { name, place });
  };
}
