import { ParleyError, type CallOptions } from "@parley/client";
import { onScopeDispose, ref, shallowRef, watch } from "vue";

interface Page<T> {
  readonly items: readonly T[];
  readonly next_cursor: string | null;
}

/** A list that is read page by page, and anew whenever what is asked changes. */
export function usePages<T, Query extends object>(
  query: () => Query,
  read: (query: Query & { readonly cursor?: string }, options: CallOptions) => Promise<Page<T>>,
) {
  const items = shallowRef<readonly T[]>();
  const cursor = ref<string | null>(null);
  const isLoading = ref(false);
  const failure = ref<string>();
  let running = new AbortController();

  async function load(from: string | null): Promise<void> {
    if (from === null) {
      running.abort();
      running = new AbortController();
    }
    const controller = running;
    isLoading.value = true;
    failure.value = undefined;
    try {
      const page = await read({ ...query(), ...(from === null ? {} : { cursor: from }) }, controller);
      if (controller.signal.aborted) return;
      items.value = from === null ? page.items : [...(items.value ?? []), ...page.items];
      cursor.value = page.next_cursor;
    } catch (error) {
      if (controller.signal.aborted) return;
      if (!(error instanceof ParleyError)) throw error;
      failure.value = error.message;
    } finally {
      if (running === controller) isLoading.value = false;
    }
  }

  const reload = () => load(null);
  async function more(): Promise<void> {
    if (cursor.value !== null && !isLoading.value) await load(cursor.value);
  }
  watch(() => JSON.stringify(query()), reload, { immediate: true });
  onScopeDispose(() => running.abort());
  return { items, cursor, isLoading, failure, reload, more };
}
