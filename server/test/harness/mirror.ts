import { ParleyError, type Change, type Conversation, type Member, type Message } from "@parley/protocol";
import type { Caller } from "../../src/domain/caller.ts";
import type { ConversationId } from "../../src/domain/ids.ts";
import type { CoreServices } from "./core-services.ts";

/** What a client holds of a conversation. */
export interface Mirror {
  readonly messages: Map<string, Message>;
  readonly members: Map<string, Member>;
  conversation: Conversation | undefined;
}

export function emptyMirror(): Mirror {
  return { messages: new Map(), members: new Map(), conversation: undefined };
}

/** Takes in full rows, as they come: what is newer replaces what is older, and who has left is dropped. */
export function applyChanges(mirror: Mirror, changes: readonly Change[]): void {
  for (const { type, data } of changes) {
    if (type === "message") mirror.messages.set(data.id, data);
    else if (type === "conversation") mirror.conversation = data;
    else if (data.left_at) mirror.members.delete(data.user_id);
    else mirror.members.set(data.user_id, data);
  }
}

/** Loads a conversation without its changes, by the lists; undefined where the caller may not see it. */
export async function loadAnew(core: CoreServices, caller: Caller, id: ConversationId): Promise<Mirror | undefined> {
  const mirror = emptyMirror();
  try {
    mirror.conversation = await core.conversations.get(caller, id);
    let older: string | null = null;
    do {
      const page: Awaited<ReturnType<CoreServices["reading"]["list"]>> = await core.reading.list(caller, id, {
        limit: 100,
        threads: "all",
        ...(older ? { cursor: older } : {}),
      });
      for (const message of page.items) mirror.messages.set(message.id, message);
      older = page.next_cursor;
    } while (older);
    for (const member of await loadMembers(core, caller, id)) mirror.members.set(member.user_id, member);
    return mirror;
  } catch (error) {
    if (error instanceof ParleyError && error.code === "not_found") return undefined;
    throw error;
  }
}

/** Guests may not list the members, and know of themselves alone. */
async function loadMembers(core: CoreServices, caller: Caller, id: ConversationId): Promise<Member[]> {
  try {
    return (await core.members.members(caller, id, { limit: 100 })).items;
  } catch (error) {
    if (!(error instanceof ParleyError) || error.code !== "permission_denied") throw error;
    const { changes } = await core.changes.changesAfter(caller, id, { after: 0, limit: 100_000 });
    return changes.flatMap(({ type, data }) => (type === "member" && !data.left_at ? [data] : []));
  }
}

/**
 * What two mirrors must have in common: everything but marks and counts, which take no version and so are not in changes (a client
 * hears of them otherwise, or works them out).
 */
export function essence(mirror: Mirror | undefined): unknown {
  if (!mirror) return undefined;
  const byId = <T>(map: Map<string, T>): [string, T][] => [...map].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const { conversation } = mirror;
  return {
    messages: byId(mirror.messages),
    members: byId(mirror.members).map(([id, member]) => [
      id,
      { ...member, last_read_seq: 0, last_delivered_seq: 0, last_read_at: null },
    ]),
    conversation: conversation && {
      id: conversation.id,
      version: conversation.version,
      title: conversation.title,
      settings: conversation.settings,
      updated_at: conversation.updated_at,
    },
  };
}

/** A client that follows one conversation by its changes, and is away for as long as it likes. */
export class Follower {
  readonly #core: CoreServices;
  readonly #caller: Caller;
  readonly #id: ConversationId;
  mirror: Mirror | undefined;
  #cursor = 0;

  constructor(core: CoreServices, caller: Caller, id: ConversationId) {
    this.#core = core;
    this.#caller = caller;
    this.#id = id;
  }

  /** Reads on, at most so many pages: it may be interrupted anywhere. */
  async readOn(limit: number, pages = Number.POSITIVE_INFINITY): Promise<void> {
    for (let page = 0; page < pages; page += 1) {
      try {
        const set = await this.#core.changes.changesAfter(this.#caller, this.#id, { after: this.#cursor, limit });
        this.mirror = set.reset ? await loadAnew(this.#core, this.#caller, this.#id) : (this.mirror ?? emptyMirror());
        if (this.mirror) applyChanges(this.mirror, set.changes);
        this.#cursor = this.mirror ? set.through : 0;
        if (!set.has_more) return;
      } catch (error) {
        if (!(error instanceof ParleyError) || error.code !== "not_found") throw error;
        this.mirror = undefined;
        this.#cursor = 0;
        return;
      }
    }
  }
}

/** A client that polls all its conversations. */
export class Poller {
  readonly #core: CoreServices;
  readonly #caller: Caller;
  readonly mirrors = new Map<ConversationId, Mirror>();
  #cursor: string | undefined;

  constructor(core: CoreServices, caller: Caller) {
    this.#core = core;
    this.#caller = caller;
  }

  async readOn(limit: number, pages = Number.POSITIVE_INFINITY): Promise<void> {
    for (let page = 0; page < pages; page += 1) {
      const query = { limit, ...(this.#cursor === undefined ? {} : { after: this.#cursor }) };
      const answer = await this.#core.everywhere.allChanges(this.#caller, query);
      if (answer.reset) throw new Error("nothing happened that makes a poller forget everything");
      for (const id of answer.reset_conversations as ConversationId[]) {
        const mirror = await loadAnew(this.#core, this.#caller, id);
        if (mirror) this.mirrors.set(id, mirror);
        else this.mirrors.delete(id);
      }
      for (const { conversation_id, ...change } of answer.changes)
        this.#apply(conversation_id as ConversationId, change);
      this.#cursor = answer.through;
      if (!answer.has_more) return;
    }
  }

  #apply(id: ConversationId, change: Change): void {
    const isEnd =
      (change.type === "member" && change.data.user_id === this.#caller.userId && change.data.left_at) ||
      (change.type === "conversation" && change.data.deleted_at);
    if (isEnd) {
      this.mirrors.delete(id);
      return;
    }
    const mirror = this.mirrors.get(id) ?? emptyMirror();
    this.mirrors.set(id, mirror);
    applyChanges(mirror, [change]);
  }
}
