import type { Notification } from "@parley/protocol";
import { useDebounceFn } from "@vueuse/core";
import { defineStore } from "pinia";
import { ref, shallowRef } from "vue";
import { useMyId, useParley } from "../composables/use-parley.ts";

/** More than this is not counted. */
const MOST = 100;
const SETTLE_MS = 800;

/** How many notifications wait, and the last one that came. */
export const useNotificationsStore = defineStore("notifications", () => {
  const parley = useParley();
  const myId = useMyId();
  const unread = ref(0);
  const latest = shallowRef<Notification>();

  /** Asks how many there are: after what may have changed it elsewhere. */
  async function count(): Promise<void> {
    const { items } = await parley.api.listNotifications({ unread: "true", limit: MOST });
    unread.value = items.length;
  }
  // What cannot be asked now is asked after the next thing that happens.
  const recount = useDebounceFn(() => count().catch(() => undefined), SETTLE_MS);

  async function markRead(ids?: readonly string[]): Promise<void> {
    const which = ids ? { notification_ids: [...ids] } : {};
    const { unread_count: left } = await parley.api.readNotifications(which);
    unread.value = Math.min(left, MOST);
  }

  parley.onNotification((notification) => {
    latest.value = notification;
    void recount();
  });
  // Reading a conversation reads what it had told.
  parley.on("read.updated", ({ user_id: reader }) => {
    if (reader === myId) void recount();
  });
  parley.connection.subscribe((state) => {
    if (state === "online") void recount();
  });
  void recount();

  return { unread, latest, count, markRead };
});
