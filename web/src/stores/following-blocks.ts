import type { ConnectionState, Parley } from "@parley/client";
import type { Block } from "@parley/protocol";
import type { Ref } from "vue";

const PAGE = 100;

/** Keeps the ids of blocked people as the service has them: asks with each connection, since blocks take no version, and hears what is changed on this device. */
export function followBlocks(parley: Parley, ids: Ref<string[]>): void {
  /** Grows with each change: what was asked for before one says nothing. */
  let changes = 0;

  async function load(): Promise<void> {
    const before = changes;
    const all: Block[] = [];
    let cursor: string | null = null;
    do {
      const page: { items: Block[]; next_cursor: string | null } = await parley.api.listBlocks({
        limit: PAGE,
        ...(cursor === null ? {} : { cursor }),
      });
      all.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor !== null);
    if (changes === before) ids.value = all.map(({ user }) => user.id);
  }

  parley.onOwnChange(({ method, input }) => {
    if (method !== "blockUser" && method !== "unblockUser") return;
    changes += 1;
    const others = ids.value.filter((id) => id !== input.user_id);
    ids.value = method === "blockUser" ? [...others, input.user_id] : others;
  });
  const look = (state: ConnectionState): void => {
    if (state === "online") void load().catch(() => undefined);
  };
  parley.connection.subscribe(look);
  look(parley.connection.value);
}
