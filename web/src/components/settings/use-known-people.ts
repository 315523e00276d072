import type { Block, Friendship } from "@parley/protocol";
import { computed, ref, shallowRef } from "vue";
import { useErrors } from "../../composables/use-errors.ts";
import { useMyId, useParley } from "../../composables/use-parley.ts";
import { usePeopleStore } from "../../stores/people.ts";

const PAGE = 100;

/** Friends, those who asked or were asked, and whom one has blocked; and changing that. */
export function useKnownPeople() {
  const parley = useParley();
  const people = usePeopleStore();
  const myId = useMyId();
  const { attempt } = useErrors();
  const friendships = shallowRef<readonly Friendship[]>();
  const blocks = shallowRef<readonly Block[]>();
  const isBusy = ref(false);

  async function readAll<T>(read: (cursor: object) => Promise<{ items: T[]; next_cursor: string | null }>) {
    const all: T[] = [];
    let cursor: string | null = null;
    do {
      const page: { items: T[]; next_cursor: string | null } = await read(cursor === null ? {} : { cursor });
      all.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor !== null);
    return all;
  }

  async function load(): Promise<void> {
    const [known, blocked] = await Promise.all([
      readAll((from) => parley.api.listFriends({ limit: PAGE, ...from })),
      readAll((from) => parley.api.listBlocks({ limit: PAGE, ...from })),
    ]);
    people.learn([...known, ...blocked].map(({ user }) => user));
    friendships.value = known;
    blocks.value = blocked;
  }

  /** Does something about someone, and shows how it is then. */
  async function change(work: () => Promise<unknown>): Promise<boolean> {
    isBusy.value = true;
    const worked = await attempt(async () => {
      await work();
      await load();
    });
    isBusy.value = false;
    return worked;
  }

  return {
    friends: computed(() => friendships.value?.filter(({ status }) => status === "accepted")),
    /** Who asked oneself. */
    asking: computed(
      () => friendships.value?.filter(({ status, requested_by: by }) => status === "requested" && by !== myId) ?? [],
    ),
    /** Whom one asked. */
    asked: computed(
      () => friendships.value?.filter(({ status, requested_by: by }) => status === "requested" && by === myId) ?? [],
    ),
    blocks,
    isBusy,
    load: () => attempt(load),
    befriend: (id: string) => change(() => parley.api.befriendUser({ user_id: id })),
    unfriend: (id: string) => change(() => parley.api.unfriendUser({ user_id: id })),
    block: (id: string) => change(() => parley.api.blockUser({ user_id: id })),
    unblock: (id: string) => change(() => parley.api.unblockUser({ user_id: id })),
  };
}
