import type { ConversationHandle, ConversationState } from "@parley/client";
import { useMediaQuery } from "@vueuse/core";
import type { Member, Message, PermissionName } from "@parley/protocol";
import { computed, inject, provide, ref, shallowRef, type ComputedRef, type InjectionKey, type Ref } from "vue";
import { useErrors } from "../../composables/use-errors.ts";
import { useMyId, useParley } from "../../composables/use-parley.ts";
import { useObservable } from "../../composables/use-observable.ts";
import { useTimes } from "../../composables/use-times.ts";
import { useSessionStore } from "../../stores/session.ts";

/** What the messages of one conversation share: made once for all of them. */
export interface Chat {
  readonly handle: ConversationHandle;
  readonly state: Readonly<Ref<ConversationState>>;
  readonly myId: string;
  /** Nothing hovers over messages here. */
  readonly isTouch: Readonly<Ref<boolean>>;
  readonly times: ReturnType<typeof useTimes>;
  /** One's own membership; undefined while it is not known, null for who is no member. */
  readonly membership: Readonly<Ref<Member | null | undefined>>;
  may(permission: PermissionName): boolean;
  /** Up to which seq everyone has received, and has read. */
  readonly reached: ComputedRef<{ readonly delivered: number; readonly read: number }>;
  /** The message that is being edited, by its id. */
  readonly editing: Ref<string | undefined>;
  /** What is put into the message that is being written: told to whoever writes. */
  readonly quoted: Ref<{ readonly text: string } | undefined>;
  toggleReaction(message: Message, reaction: string): Promise<void>;
}

const KEY: InjectionKey<Chat> = Symbol("chat");

/** For everything inside a conversation. Without anyone around to have provided it, it is made for the caller alone. */
export function useChat(handle: ConversationHandle): Chat {
  const around = inject(KEY, undefined);
  return around?.handle === handle ? around : createChat({ handle });
}

interface ChatOptions {
  readonly handle: ConversationHandle;
  readonly membership?: Readonly<Ref<Member | null | undefined>>;
}

/** Makes it for everything below the caller. */
export function provideChat(options: ChatOptions): Chat {
  const chat = createChat(options);
  provide(KEY, chat);
  return chat;
}

function createChat({ handle, membership = shallowRef() }: ChatOptions): Chat {
  const parley = useParley();
  const session = useSessionStore();
  const myId = useMyId();
  const { attempt } = useErrors();
  const state = useObservable(() => handle.state);
  const marks = computed(() => state.value.marks);

  return {
    handle,
    state,
    myId,
    isTouch: useMediaQuery("(hover: none)"),
    times: useTimes(),
    membership,
    may(permission) {
      if (state.value.conversation?.kind === "support" && session.isStaff) return true;
      return membership.value?.permissions.includes(permission) ?? false;
    },
    reached: computed(() => {
      const others = [...marks.value.values()].filter(({ user_id: id }) => id !== myId);
      if (others.length === 0) return { delivered: 0, read: 0 };
      return {
        delivered: Math.min(...others.map((mark) => mark.last_delivered_seq)),
        read: Math.min(...others.map((mark) => mark.last_read_seq)),
      };
    }),
    editing: ref(),
    quoted: shallowRef(),
    async toggleReaction(message, reaction) {
      const held = message.reactions.find((entry) => entry.reaction === reaction);
      const isMine = held?.me ?? held?.user_ids.includes(myId) ?? false;
      const change = { message_id: message.id, reaction };
      await attempt(() => (isMine ? parley.api.removeReaction(change) : parley.api.addReaction(change)));
    },
  };
}
