import { ParleyError } from "@parley/client";
import type { SearchHit } from "@parley/protocol";
import { onScopeDispose, ref, shallowRef, watch } from "vue";
import { useParley } from "../../composables/use-parley.ts";
import { usePeopleStore } from "../../stores/people.ts";
import type { requestOf } from "./criteria.ts";

/** What was found stands until the next answer, so that nothing flickers as one types. */
export interface Found {
  readonly hits: readonly SearchHit[];
  /** As the service counts them: 5,000 stands for that many or more. */
  readonly total: number;
  readonly cursor: string | null;
}

const PAGE = 20;

/** Looks for messages whenever what is looked for changes, and for more pages when asked to. */
export function useSearch(request: () => ReturnType<typeof requestOf>) {
  const parley = useParley();
  const people = usePeopleStore();
  const found = shallowRef<Found>();
  const isSearching = ref(false);
  const isLoadingMore = ref(false);
  const failure = ref<string>();
  let running = new AbortController();

  async function search(): Promise<void> {
    running.abort();
    failure.value = undefined;
    const wanted = request();
    if (!wanted) {
      found.value = undefined;
      isSearching.value = false;
      return;
    }
    const controller = new AbortController();
    running = controller;
    isSearching.value = true;
    isLoadingMore.value = false;
    try {
      const {
        items,
        total,
        next_cursor: cursor,
      } = await parley.api.searchMessages({ ...wanted, limit: PAGE }, { signal: controller.signal });
      learn(items);
      found.value = { hits: items, total, cursor };
    } catch (error) {
      fail(error, controller);
    } finally {
      if (running === controller) isSearching.value = false;
    }
  }

  async function more(): Promise<void> {
    const wanted = request();
    const before = found.value;
    if (!wanted || !before || before.cursor === null || isSearching.value || isLoadingMore.value) return;
    const controller = running;
    isLoadingMore.value = true;
    failure.value = undefined;
    try {
      const page = await parley.api.searchMessages(
        { ...wanted, limit: PAGE, cursor: before.cursor },
        { signal: controller.signal },
      );
      learn(page.items);
      // What was sent meanwhile may move hits to the next page: each is shown once.
      const known = new Set(before.hits.map(({ message }) => message.id));
      const hits = [...before.hits, ...page.items.filter(({ message }) => !known.has(message.id))];
      found.value = { hits, total: page.total, cursor: page.next_cursor };
    } catch (error) {
      fail(error, controller);
    } finally {
      if (running === controller) isLoadingMore.value = false;
    }
  }

  function learn(hits: readonly SearchHit[]): void {
    people.learn(hits.map(({ message }) => message.sender));
  }

  function fail(error: unknown, controller: AbortController): void {
    if (controller.signal.aborted) return;
    if (!(error instanceof ParleyError)) throw error;
    failure.value = error.message;
  }

  watch(
    () => JSON.stringify(request()),
    () => void search(),
    { immediate: true },
  );
  onScopeDispose(() => running.abort());
  return { found, isSearching, isLoadingMore, failure, search, more };
}
