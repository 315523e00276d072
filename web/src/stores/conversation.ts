import type { ConversationHandle, ConversationState } from "@parley/client";
import type { Member } from "@parley/protocol";
import { defineStore } from "pinia";
import { computed, shallowRef } from "vue";
import { useMyId, useParley } from "../composables/use-parley.ts";
import { usePeopleStore } from "./people.ts";

/** Of conversations up to this size all members are loaded: for names, mentions and roles. */
const SMALL = 200;

/** The conversation that is on screen: one at a time. */
export const useConversationStore = defineStore("conversation", () => {
  const parley = useParley();
  const people = usePeopleStore();
  const myId = useMyId();
  const handle = shallowRef<ConversationHandle>();
  const state = shallowRef<ConversationState>();
  const conversation = computed(() => state.value?.conversation);
  /** One's own membership where the others' are not known. */
  const asked = shallowRef<Member>();
  /** One's own membership; undefined while it is not known, null for who is no member. */
  const membership = computed(() => {
    if (conversation.value?.unread_count === null) return null;
    return state.value?.members?.get(myId) ?? asked.value;
  });
  let stops: (() => void)[] = [];

  /** Shows a conversation; the one before is left. Rejects where it cannot be loaded. */
  async function open(id: string): Promise<void> {
    if (handle.value?.id === id) return;
    leave();
    const next = parley.conversation(id);
    handle.value = next;
    state.value = next.state.value;
    stops = [
      next.state.subscribe((value) => {
        state.value = value;
      }),
      parley.on("member.updated", ({ data }) => {
        if (data.conversation_id === id && data.user_id === myId) asked.value = data;
      }),
    ];
    await next.open();
    if (handle.value === next) void loadPeople(next);
  }

  async function loadPeople(opened: ConversationHandle): Promise<void> {
    const { conversation: shown } = opened.state.value;
    // Staff see support conversations without being in them.
    if (!shown || shown.unread_count === null || shown.kind === "support") return;
    try {
      if (shown.member_count > SMALL) throw new Error("too many");
      await opened.loadMembers();
      people.learnFrom(opened.state.value);
    } catch {
      // Too many, or one is a guest: then those who write are who is known. Changing nothing is answered with oneself.
      const own = await parley.api.updateOwnMembership({ conversation_id: opened.id }).catch(() => undefined);
      if (handle.value === opened) asked.value = own;
    }
  }

  /** After joining. */
  async function reload(): Promise<void> {
    if (handle.value) await loadPeople(handle.value);
  }

  function leave(): void {
    for (const stop of stops) stop();
    stops = [];
    handle.value?.close();
    handle.value = undefined;
    state.value = undefined;
    asked.value = undefined;
  }

  return { handle, state, conversation, membership, open, leave, reload };
});
