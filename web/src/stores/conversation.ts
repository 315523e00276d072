import type { ConversationHandle, ConversationState } from "@parley/client";
import type { Member, UpdateOwnMembership } from "@parley/protocol";
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
  /** One's own membership, with what is muted; undefined while it is not known, null for who is no member. */
  const membership = shallowRef<Member | null>();
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
        if (data.conversation_id === id && data.user_id === myId) void loadMembership();
      }),
      parley.on("member.added", ({ data }) => {
        if (data.conversation_id === id && data.user_id === myId) void loadMembership();
      }),
    ];
    await next.open();
    if (handle.value === next) void loadPeople(next);
  }

  async function loadPeople(opened: ConversationHandle): Promise<void> {
    await loadMembership();
    const { conversation: shown } = opened.state.value;
    if (handle.value !== opened || membership.value == null || !shown || shown.member_count > SMALL) return;
    // Guests cannot list them; then those who write are who is known.
    await opened.loadMembers().catch(() => undefined);
    people.learnFrom(opened.state.value);
  }

  /** Asks how oneself stands here: changing nothing of it is answered with it. */
  async function loadMembership(): Promise<void> {
    const { value: opened } = handle;
    if (!opened) return;
    const answer = await parley.api.updateOwnMembership({ conversation_id: opened.id }).catch(() => null);
    if (handle.value === opened) membership.value = answer;
  }

  /** Sets what of it notifies. */
  async function updateMembership(change: Pick<UpdateOwnMembership, "notification_level">) {
    const { value: opened } = handle;
    if (!opened) return;
    const answer = await parley.api.updateOwnMembership({ conversation_id: opened.id, ...change });
    if (handle.value === opened) membership.value = answer;
  }

  function leave(): void {
    for (const stop of stops) stop();
    stops = [];
    handle.value?.close();
    handle.value = undefined;
    state.value = undefined;
    membership.value = undefined;
  }

  return { handle, state, conversation, membership, open, leave, loadMembership, updateMembership };
});
