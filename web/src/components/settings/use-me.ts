import type { OwnUser, UpdateMe } from "@parley/protocol";
import { computed, ref, type ComputedRef, type Ref } from "vue";
import { useI18n } from "vue-i18n";
import { useErrors } from "../../composables/use-errors.ts";
import { useParley } from "../../composables/use-parley.ts";
import { usePeopleStore } from "../../stores/people.ts";
import { useSessionStore } from "../../stores/session.ts";
import { useUiStore } from "../../stores/ui.ts";

/** Oneself, and changing it. What was changed is so everywhere at once. */
export function useMe(): {
  readonly me: ComputedRef<OwnUser>;
  readonly isSaving: Ref<boolean>;
  /** Answers whether it worked. */
  save(changes: UpdateMe): Promise<boolean>;
} {
  const { t } = useI18n();
  const parley = useParley();
  const session = useSessionStore();
  const people = usePeopleStore();
  const ui = useUiStore();
  const { attempt } = useErrors();
  const isSaving = ref(false);
  const me = computed(() => {
    if (!session.me) throw new Error("Nobody is signed in here.");
    return session.me;
  });

  async function save(changes: UpdateMe): Promise<boolean> {
    isSaving.value = true;
    const worked = await attempt(async () => {
      const next = await parley.api.updateMe(changes);
      session.me = next;
      people.learn([next]);
    });
    isSaving.value = false;
    if (worked) ui.announce(t("preferences.saved"));
    return worked;
  }

  return { me, isSaving, save };
}
