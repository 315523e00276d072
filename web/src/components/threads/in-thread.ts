import type { InjectionKey } from "vue";

/** Provided by what shows a thread: its messages need not lead to it. */
export const IN_THREAD: InjectionKey<boolean> = Symbol("in a thread");
