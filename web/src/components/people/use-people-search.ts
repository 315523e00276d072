import { ParleyError } from "@parley/client";
import type { User } from "@parley/protocol";
import { refDebounced } from "@vueuse/core";
import { ref, shallowRef, watch, type Ref } from "vue";
import { useParley } from "../../composables/use-parley.ts";
import { usePeopleStore } from "../../stores/people.ts";

const PATIENCE_MS = 150;

/** People whose names have the text in them, as one types. Nothing is asked for an empty text. */
export function usePeopleSearch(text: Readonly<Ref<string>>, limit = 8) {
  const parley = useParley();
  const people = usePeopleStore();
  const found = shallowRef<readonly User[]>([]);
  const isSearching = ref(false);
  const settled = refDebounced(text, PATIENCE_MS);

  watch(settled, async (q, _, onCleanup) => {
    const controller = new AbortController();
    onCleanup(() => controller.abort());
    const wanted = q.trim();
    if (wanted === "") {
      found.value = [];
      return;
    }
    isSearching.value = true;
    try {
      const { items } = await parley.api.listUsers({ q: wanted, limit }, { signal: controller.signal });
      people.learn(items);
      found.value = items;
    } catch (error) {
      // Without an answer there is nobody to show; the next letter asks again.
      if (!(error instanceof ParleyError) && !controller.signal.aborted) throw error;
      if (!controller.signal.aborted) found.value = [];
    } finally {
      if (!controller.signal.aborted) isSearching.value = false;
    }
  });
  return { found, isSearching };
}
