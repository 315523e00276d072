import type { Observable } from "@parley/client";
import { expect, test } from "vitest";
import { effectScope, ref } from "vue";
import { useObservable } from "./use-observable.ts";

function cell<T>(value: T): Observable<T> & { set(value: T): void; listeners: Set<(value: T) => void> } {
  const listeners = new Set<(value: T) => void>();
  return {
    listeners,
    value,
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    set(next) {
      (this as { value: T }).value = next;
      for (const listener of listeners) listener(next);
    },
  };
}

test("a ref follows an observable until its scope ends", () => {
  const source = cell(1);
  const scope = effectScope();
  const value = scope.run(() => useObservable(source));
  source.set(2);
  expect(value?.value).toBe(2);
  scope.stop();
  expect(source.listeners.size).toBe(0);
  source.set(3);
  expect(value?.value).toBe(2);
});

test("a getter may answer another observable later", () => {
  const [one, other] = [cell("a"), cell("b")];
  const isOther = ref(false);
  const scope = effectScope();
  const value = scope.run(() => useObservable(() => (isOther.value ? other : one)));
  isOther.value = true;
  expect(value?.value).toBe("b");
  expect([one.listeners.size, other.listeners.size]).toEqual([0, 1]);
  other.set("c");
  expect(value?.value).toBe("c");
  scope.stop();
});
