import type { PresenceStatus } from "@parley/protocol";
import { onScopeDispose, watch, type MaybeRefOrGetter, toValue } from "vue";
import { useObservable } from "./use-observable.ts";
import { useParley } from "./use-parley.ts";

/** Whether people are there, for as long as the component lives. 200 people can be watched in all. */
export function usePresence(
  userIds: MaybeRefOrGetter<readonly string[]>,
): (userId: string) => PresenceStatus | undefined {
  const parley = useParley();
  const people = useObservable(parley.presence.people);
  let stop: (() => void) | undefined;
  watch(
    () => toValue(userIds).join(" "),
    (ids) => {
      const before = stop;
      // The new watch begins before the old one ends, so that nobody is forgotten in between.
      stop = ids === "" ? undefined : parley.presence.watch(ids.split(" "));
      before?.();
    },
    { immediate: true },
  );
  onScopeDispose(() => stop?.());
  return (userId) => people.value.get(userId)?.status;
}
