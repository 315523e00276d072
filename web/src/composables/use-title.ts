import { onScopeDispose, toValue, watchEffect, type MaybeRefOrGetter } from "vue";
import { useI18n } from "vue-i18n";
import { useRoute } from "vue-router";
import { setDocumentName } from "./document-title.ts";

/** Names the document after what is shown, for as long as that is; without a name it is called as its route says. */
export function useTitle(name: MaybeRefOrGetter<string>): void {
  const route = useRoute();
  const { t } = useI18n();
  let isOver = false;
  onScopeDispose(() => (isOver = true));
  watchEffect(
    () => {
      const shown = toValue(name) || t(route.meta.title);
      if (!isOver) setDocumentName(shown);
    },
    // After the router has named it.
    { flush: "post" },
  );
}
