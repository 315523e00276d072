import { ParleyError } from "@parley/client";
import { useI18n } from "vue-i18n";
import { useUiStore } from "../stores/ui.ts";

/** Runs what may fail because of the service, and says so where it does. Answers whether it worked. */
export function useErrors(): { attempt: (work: () => Promise<unknown>) => Promise<boolean> } {
  const { t } = useI18n();
  const ui = useUiStore();
  return {
    async attempt(work) {
      try {
        await work();
        return true;
      } catch (error) {
        if (!(error instanceof ParleyError)) throw error;
        ui.toast(t("common.failed", { reason: error.message }), { tone: "danger" });
        return false;
      }
    },
  };
}
