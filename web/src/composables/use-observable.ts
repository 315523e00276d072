import type { Observable } from "@parley/client";
import { onScopeDispose, shallowRef, toValue, watch, type MaybeRefOrGetter, type ShallowRef } from "vue";

/**
 * An observable of the SDK as a ref, for as long as the component (or scope) lives. Values are never changed in
 * place, so the ref is shallow. A getter may answer another observable later; then that one is followed.
 */
export function useObservable<T>(source: MaybeRefOrGetter<Observable<T>>): Readonly<ShallowRef<T>> {
  const value = shallowRef(toValue(source).value) as ShallowRef<T>;
  let stop: (() => void) | undefined;
  watch(
    () => toValue(source),
    (observable) => {
      stop?.();
      value.value = observable.value;
      stop = observable.subscribe((next) => {
        value.value = next;
      });
    },
    { immediate: true, flush: "sync" },
  );
  onScopeDispose(() => stop?.());
  return value;
}
