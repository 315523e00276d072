import { useI18n } from "vue-i18n";
import type { Told } from "./told.ts";

/** Why one was told, in words: "Grace Hopper mentioned you in Random". */
export function useNotificationText(): (told: Told) => string {
  const { t } = useI18n();
  return ({ reason, sender, title }) => {
    const name = sender?.display_name ?? t("notifications.somebody");
    const place = title ?? t("notifications.a_conversation");
    return t(`notifications.reason_${reason}`, { name, place });
  };
}
