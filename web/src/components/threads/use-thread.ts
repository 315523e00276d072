import { ParleyError, type ConversationHandle } from "@parley/client";
import type { Message } from "@parley/protocol";
import { onScopeDispose, ref, shallowRef, watch } from "vue";
import { useObservable } from "../../composables/use-observable.ts";
import { useParley } from "../../composables/use-parley.ts";
import { threadOf, withMessages, withOlder, type Thread } from "./thread.ts";

const PAGE = 50;
/** After a lost connection so many pages are read again; what is before them is read when it is wanted. */
const MOST_PAGES = 4;

const EVENTS = [
  "message.updated",
  "message.deleted",
  "message.restored",
  "reaction.added",
  "reaction.removed",
  "pin.added",
  "pin.removed",
] as const;

/**
 * A thread, kept up to date. What the conversation holds of it comes from there (it knows one's own reactions, and
 * catches up by itself); what it does not hold is asked for when something happened to it.
 */
export function useThread(handle: ConversationHandle, rootId: string) {
  const parley = useParley();
  const thread = shallowRef<Thread>();
  const failure = ref<"gone" | "unreachable">();
  const isLoadingOlder = ref(false);
  const state = useObservable(handle.state);
  const connection = useObservable(parley.connection);
  const ending = new AbortController();
  const { signal } = ending;
  const at = { message_id: rootId, limit: PAGE };

  function heldByConversation(): Message[] {
    return state.value.windows.flatMap(({ messages }) =>
      messages.filter(({ id, thread_root_id: root }) => root === rootId || id === rootId),
    );
  }

  function put(messages: Iterable<Message>): void {
    if (thread.value) thread.value = withMessages(thread.value, messages);
  }

  async function load(): Promise<void> {
    failure.value = undefined;
    const wanted = thread.value?.replies.length ?? 0;
    try {
      let next = threadOf(await parley.api.listThread(at, { signal }));
      for (let pages = 1; next.older !== null && next.replies.length < wanted && pages < MOST_PAGES; pages += 1)
        next = withOlder(next, await parley.api.listThread({ ...at, cursor: next.older }, { signal }));
      thread.value = withMessages(next, heldByConversation());
    } catch (error) {
      fail(error);
    }
  }

  function fail(error: unknown): void {
    if (signal.aborted) return;
    if (!(error instanceof ParleyError)) throw error;
    if (error.code === "not_found" || error.code === "validation_failed") failure.value = "gone";
    else if (!thread.value) failure.value = "unreachable";
  }

  /** The page before what is held. What fails is tried again when it is asked for again. */
  async function loadOlder(): Promise<void> {
    const { older } = thread.value ?? { older: null };
    if (older === null || isLoadingOlder.value) return;
    isLoadingOlder.value = true;
    try {
      const page = await parley.api.listThread({ ...at, cursor: older }, { signal });
      if (thread.value?.older === older) thread.value = withOlder(thread.value, page);
    } catch (error) {
      fail(error);
    } finally {
      isLoadingOlder.value = false;
    }
  }

  async function ask(id: string): Promise<void> {
    const message = await parley.api.getMessage({ conversation_id: handle.id, message_id: id }, { signal });
    put([message]);
  }

  const stops = EVENTS.map((type) =>
    parley.on(type, ({ conversation_id: place, data }) => {
      if (place !== handle.id || !thread.value) return;
      const id = "message_id" in data ? data.message_id : data.id;
      const isOurs = id === rootId || thread.value.replies.some((reply) => reply.id === id);
      // What the conversation holds has come by its state.
      if (isOurs && !heldByConversation().some((message) => message.id === id)) ask(id).catch(() => undefined);
    }),
  );
  // The root's count is in the message that changed it.
  stops.push(
    parley.on("message.created", ({ data: { thread: summary, version } }) => {
      const { root } = thread.value ?? {};
      if (!root || summary?.root_id !== rootId || root.version >= version) return;
      put([{ ...root, reply_count: summary.reply_count, version }]);
    }),
  );

  watch(state, () => put(heldByConversation()));
  watch(connection, (next) => {
    // What was missed meanwhile may be more than the conversation holds.
    if (next === "online") void load();
  });
  void load();
  onScopeDispose(() => {
    ending.abort();
    for (const stop of stops) stop();
  });

  return { thread, state, failure, isLoadingOlder, load, loadOlder };
}
