import { ParleyError } from "@parley/client";
import type { Notification } from "@parley/protocol";
import { onScopeDispose, ref, shallowRef, watch, type Ref } from "vue";
import { useErrors } from "../../composables/use-errors.ts";
import { useParley } from "../../composables/use-parley.ts";
import { useNotificationsStore } from "../../stores/notifications.ts";

const PAGE = 30;

/** The list of notifications, newest first, with what comes while one looks at it. */
export function useNotifications(onlyUnread: Readonly<Ref<boolean>>) {
  const parley = useParley();
  const store = useNotificationsStore();
  const { attempt } = useErrors();
  const items = shallowRef<readonly Notification[]>();
  const cursor = ref<string | null>(null);
  const isLoading = ref(false);
  const failure = ref<string>();
  let running = new AbortController();

  async function read(from: string | null): Promise<void> {
    const controller = from === null ? restart() : running;
    isLoading.value = true;
    failure.value = undefined;
    try {
      const page = await parley.api.listNotifications(
        {
          limit: PAGE,
          ...(onlyUnread.value ? { unread: "true" } : {}),
          ...(from === null ? {} : { cursor: from }),
        },
        { signal: controller.signal },
      );
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

  function restart(): AbortController {
    running.abort();
    running = new AbortController();
    return running;
  }

  const load = () => read(null);
  async function more(): Promise<void> {
    if (cursor.value !== null && !isLoading.value) await read(cursor.value);
  }

  /** Those named, else all. */
  async function markRead(ids?: readonly string[]): Promise<void> {
    if (!(await attempt(() => store.markRead(ids)))) return;
    const now = new Date().toISOString();
    const isMeant = ids && new Set(ids);
    items.value = items.value?.map((item) =>
      item.read_at === null && (!isMeant || isMeant.has(item.id)) ? { ...item, read_at: now } : item,
    );
  }

  watch(onlyUnread, load, { immediate: true });
  watch(
    () => store.latest,
    (latest) => {
      if (latest && items.value && !items.value.some(({ id }) => id === latest.id))
        items.value = [latest, ...items.value];
    },
  );
  // Reading elsewhere reads some of these: how many is told, which is asked.
  watch(
    () => store.unread,
    (next, before) => {
      const held = items.value?.filter((item) => item.read_at === null).length ?? 0;
      if (next < before && next < held) void load();
    },
  );
  onScopeDispose(() => running.abort());
  return { items, cursor, isLoading, failure, load, more, markRead };
}
