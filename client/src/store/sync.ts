import type {
  ChangesFrame,
  Conversation,
  MarkEvent,
  Message,
  ResumedConversation,
  ResumedFrame,
  ServerFrame,
} from "@parley/protocol";
import type { Api } from "../api.ts";
import type { Clock } from "../clock.ts";
import type { Connection } from "../connection.ts";
import { hasCode, isPassing, ParleyError } from "../errors.ts";
import { createTopic, type Topic } from "../observable.ts";
import type { Kept, Standing } from "./kept.ts";
import { reduceMark, reduceOwnRead, reduceOwnSettings, reduceView } from "./reduce.ts";
import { createReplica, type Replica, type ReplicaHost } from "./replica.ts";
import { patchMessage } from "./windows.ts";

export interface SyncDeps {
  readonly api: Api;
  readonly clock: Clock;
  readonly connection: () => Connection;
  /** Resolves once it is known what an earlier life has kept. */
  readonly kept: () => Promise<Kept | undefined>;
  /** Events are told onwards once they are applied. */
  readonly onApplied: ReplicaHost["onApplied"];
  readonly onMessage: (message: Message) => void;
  /** Everything that was held of it is dropped. */
  readonly onReset: (replica: Replica) => void;
  /** Something of one's own may be seen in its place now. */
  readonly onMoved: (replica: Replica) => void;
}

export interface Sync {
  readonly replicas: ReadonlyMap<string, Replica>;
  /** Tells of conversations that come, go or change. */
  readonly changed: Topic<Replica>;
  me(): string;
  /** The replica of a conversation; made, and loaded in the background, where there is none. */
  replica(id: string): Replica;
  hear(frame: ServerFrame): void;
  lost(): void;
  /** Loads the conversation itself anew. */
  refresh(replica: Replica): Promise<void>;
  /** Resolves once the replica's version is known. */
  settled(replica: Replica): Promise<void>;
  /** Its head, as it was told beside the changes: what is missing up to there is asked for. */
  reach(replica: Replica, head: number): void;
  /** Resolves once what was kept is held. */
  readonly restored: Promise<void>;
  /** Undefined while it is being found out how everything stands. */
  standing(): Standing | undefined;
}

/** Conversations a single resume may name. */
const NAMED = 500;
/** Of a conversation that is further behind, what is held is dropped. */
const REPLAYED = 500;
const LIST_PAGE = 100;
/** In conversations of up to so many members everyone's marks are told. */
const MARKS_TOLD = 50;
/** So many unknown conversations are asked for one by one; more are looked for in the list. */
const ONE_BY_ONE = 5;
/** Of the list are read at most so many pages: staff see every customer's conversation. */
const LIST_PAGES = 20;
/** After a connection that comes later than this, what one has set for oneself elsewhere is looked for. */
const OWN_SETTINGS_MS = 5 * 60_000;
const AGAIN_MS = 1_000;

interface Resuming {
  names: string[];
  readonly listed: Set<string>;
  cursor: string | null;
}

interface Loading {
  readonly done: Promise<void>;
  again: Promise<void> | undefined;
}

/** Keeps what is held of all conversations equal to what the service has. */
export function createSync(deps: SyncDeps): Sync {
  const { api, clock } = deps;
  const replicas = new Map<string, Replica>();
  const changed = createTopic<Replica>();
  const catchingUp = new Set<string>();
  const loading = new Map<string, Loading>();
  /** To be loaded anew as soon as there is a connection again. */
  const owed = new Set<Replica>();
  let me = "";
  let epoch: string | null = null;
  let resuming: Resuming | undefined;
  let isComplete = false;
  let listedAt = -Infinity;

  const restored = deps.kept().then((kept) => {
    if (!kept) return;
    ({ userId: me, epoch } = kept);
    for (const state of kept.states) (replicas.get(state.id) ?? make(state.id)).restore(state);
  });

  const host: ReplicaHost = {
    me: () => me,
    onGap: (replica) => void catchUp(replica),
    onReset(replica) {
      void refresh(replica).catch(() => undefined);
      deps.onReset(replica);
    },
    onGone(replica) {
      owed.delete(replica);
      replicas.delete(replica.id);
      changed.tell(replica);
    },
    onMessage: deps.onMessage,
    onRecount: (replica) => void refresh(replica).catch(() => undefined),
    onApplied(replica, event) {
      // Joining a channel that one followed: from now on it has a mark.
      if (event.type === "member.added" && event.data.user_id === me) void refresh(replica).catch(() => undefined);
      deps.onApplied(replica, event);
    },
    onLacking: (replica, message) => void reloadMessage(replica, message.id),
  };

  function make(id: string): Replica {
    const replica = createReplica(id, host);
    replicas.set(id, replica);
    replica.cell.subscribe(() => {
      changed.tell(replica);
      deps.onMoved(replica);
      makeSure(replica);
    });
    return replica;
  }

  function replicaOf(id: string): Replica {
    const held = replicas.get(id);
    if (held) return held;
    const replica = make(id);
    // Marks are listed with a resume alone.
    replica.update((state) => ({ ...state, marksAreUnsure: true }));
    if (!resuming && isComplete) void refresh(replica).catch(() => undefined);
    return replica;
  }

  // --- after a connection ------------------------------------------------------------------------------------------

  async function onConnected(standing: Standing): Promise<void> {
    const mine: Resuming = { names: [], listed: new Set(), cursor: null };
    resuming = mine;
    await restored;
    if (resuming !== mine) return;
    if (me !== "" && me !== standing.userId) forgetAll();
    me = standing.userId;
    mine.names = [...replicas.values()].filter(({ version }) => version !== undefined).map(({ id }) => id);
    if (epoch !== null && epoch !== standing.epoch) {
      // Versions may be used again for something else: until they are known anew, nothing is compared with them.
      for (const replica of replicas.values()) replica.unsettle();
    }
    askResume(mine);
  }

  /** What somebody else saw is not for who is here now. */
  function forgetAll(): void {
    epoch = null;
    isComplete = false;
    listedAt = -Infinity;
    for (const replica of [...replicas.values()]) replica.gone("unknown");
  }

  /** Names the next of those that are held, and asks for the next page of all. */
  function askResume(mine: Resuming): void {
    const names = mine.names.slice(0, NAMED);
    const conversations = Object.fromEntries(names.map((id) => [id, replicas.get(id)?.version ?? 0]));
    const data = {
      conversations,
      ...(epoch === null ? {} : { epoch }),
      ...(mine.cursor === null ? {} : { cursor: mine.cursor }),
    };
    const failed = (error: unknown): void => {
      if (resuming !== mine || !isPassing(error) || hasCode(error, "offline")) return;
      const seconds = (error as ParleyError).retryAfterSeconds ?? 0;
      clock.after(Math.max(AGAIN_MS, seconds * 1_000), () => resuming === mine && askResume(mine));
    };
    deps.connection().request("resume", data).catch(failed);
  }

  function onChanges({ conversation_id: id, data }: ChangesFrame): void {
    const replica = replicas.get(id);
    if (!replica) return;
    if (data.reset || replica.version !== undefined) replica.caughtUp(data);
    // Everything beyond the first 500 is asked for over HTTP.
    if (data.has_more && !data.reset) void catchUp(replica);
  }

  function onResumed({ data }: ResumedFrame): void {
    const mine = resuming;
    if (!mine) return;
    for (const { id, reason } of data.gone) replicas.get(id)?.gone(reason);
    for (const row of data.conversations) {
      mine.listed.add(row.id);
      onStanding(replicas.get(row.id) ?? make(row.id), row);
    }
    mine.cursor = data.next_cursor;
    mine.names = mine.names.slice(NAMED);
    if (mine.cursor !== null || mine.names.length > 0) {
      askResume(mine);
      return;
    }
    epoch = data.epoch;
    resuming = undefined;
    finish(mine.listed);
  }

  function onStanding(replica: Replica, row: ResumedConversation): void {
    const { marks } = row;
    if (marks) replica.update((state) => marks.reduce(reduceMark, { ...state, marksAreUnsure: false }));
    if (replica.version === undefined) replica.settle(row.head);
    const { conversation } = replica.cell.value;
    if (!conversation) replica.update((state) => ({ ...state, unread: row.unread_count }));
    else if (
      row.last_read_seq !== conversation.last_read_seq ||
      (row.unread_count === null) !== (conversation.unread_count === null)
    ) {
      ownRead(replica, row.last_read_seq ?? 0);
    }
  }

  function finish(listed: ReadonlySet<string>): void {
    isComplete = true;
    for (const replica of replicas.values()) {
      if (replica.version === undefined || !listed.has(replica.id) || owed.has(replica))
        void refresh(replica).catch(() => undefined);
      else if (replica.hasGap) void catchUp(replica);
      makeSure(replica);
    }
    deps.connection().caughtUp();
    void loadMissing().catch(() => undefined);
  }

  /** The conversations themselves, of those that were only listed; of the others, what nobody tells. */
  async function loadMissing(): Promise<void> {
    const missing = (): Replica[] =>
      [...replicas.values()].filter(({ cell }) => !cell.value.conversation && !loading.has(cell.value.id));
    if (missing().length > ONE_BY_ONE || clock.now() - listedAt >= OWN_SETTINGS_MS) {
      const held = new Set(replicas.values());
      const seen = new Set<string>();
      const isWhole = (await readList(false, seen)) && (await readList(true, seen));
      listedAt = clock.now();
      // Neither in the one list nor in the other: hidden.
      for (const replica of isWhole ? held : []) if (isListable(replica) && !seen.has(replica.id)) await tried(replica);
    }
    for (const replica of missing().slice(0, NAMED)) await tried(replica);
  }

  /** Whether it should be in a list, as far as is known here. */
  function isListable({ cell }: Replica): boolean {
    const { conversation, gone } = cell.value;
    return !gone && conversation !== undefined && conversation.unread_count !== null && !conversation.hidden;
  }

  const tried = (replica: Replica): Promise<void> => refresh(replica).catch(() => undefined);

  /** Answers whether that was all. */
  async function readList(archived: boolean, seen: Set<string>): Promise<boolean> {
    let cursor: string | null | undefined;
    for (let pages = 0; pages < LIST_PAGES && cursor !== null; pages++) {
      const page = await api.listConversations({ archived, limit: LIST_PAGE, ...(cursor ? { cursor } : {}) });
      for (const view of page.items) {
        seen.add(view.id);
        listed(view);
      }
      cursor = page.next_cursor;
    }
    return cursor === null;
  }

  function listed(view: Conversation): void {
    const held = replicas.get(view.id);
    // For staff: support conversations, of which they are no members. Nothing has been told of it yet, or it would be held.
    const replica = held ?? make(view.id);
    const known = held?.cell.value.conversation;
    if (known) {
      // At the same version it is the same, and right in what is counted, too.
      const isSame = replica.version === view.head && known.head === view.head;
      replica.update((state) => (isSame ? reduceView : reduceOwnSettings)(state, view));
    } else if (!held || (replica.version ?? 0) <= view.head) {
      replica.update((state) => reduceView(state, view));
      replica.settle(Math.min(view.head, replica.version ?? view.head));
    }
  }

  // --- single conversations ----------------------------------------------------------------------------------------

  /** What is asked for while an answer is on its way may be newer than that: it is asked for once more. */
  function refresh(replica: Replica): Promise<void> {
    const { id } = replica;
    const running = loading.get(id);
    if (running) {
      const again = (running.again ??= running.done.catch(() => undefined).then(() => refresh(replica)));
      return again;
    }
    const mine: Loading = { done: load(replica).finally(() => loading.delete(id)), again: undefined };
    loading.set(id, mine);
    return mine.done;
  }

  async function load(replica: Replica): Promise<void> {
    try {
      const view = await replica.reading(() => api.getConversation({ conversation_id: replica.id }), reduceView);
      if (!view) return;
      owed.delete(replica);
      if (replica.version === undefined) {
        if (!resuming) replica.settle(view.head);
      } else if (view.head > replica.version) reach(replica, view.head);
    } catch (error) {
      if (hasCode(error, "not_found")) replica.gone("unknown");
      else if (isPassing(error) && replicas.get(replica.id) === replica) {
        // Without a connection the next one asks again.
        owed.add(replica);
        clock.after(AGAIN_MS, () => {
          if (deps.connection().state.value === "online" && replicas.get(replica.id) === replica)
            void refresh(replica).catch(() => undefined);
        });
      }
      throw error;
    }
  }

  /** Where everyone's marks are told, but one may have been missed, they are asked for. */
  function makeSure(replica: Replica): void {
    const { marksAreUnsure, conversation, gone } = replica.cell.value;
    if (!marksAreUnsure || !conversation || gone || resuming) return;
    replica.update((state) => ({ ...state, marksAreUnsure: false }));
    if (conversation.member_count > MARKS_TOLD) return;
    // Guests may not see them; and after a lost connection the next one tells them anyway.
    api.listMarks({ conversation_id: replica.id, limit: LIST_PAGE }).then(
      ({ items }) => replica.update((state) => items.reduce(reduceMark, state)),
      () => undefined,
    );
  }

  async function catchUp(replica: Replica): Promise<void> {
    if (resuming || catchingUp.has(replica.id) || replica.version === undefined) return;
    catchingUp.add(replica.id);
    try {
      for (;;) {
        const { version: after } = replica;
        if (after === undefined || replica.cell.value.gone) return;
        const set = await api.listChanges({
          conversation_id: replica.id,
          after,
          limit: LIST_PAGE,
          ...(epoch === null ? {} : { epoch }),
        });
        // A reset or a resume came first.
        if (replica.version === undefined || replica.version < after) continue;
        replica.caughtUp(set);
        if (set.reset || (!set.has_more && !(replica.hasGap && set.through > after))) break;
      }
      // Marks take no version: those that moved with what was missed are asked for.
      replica.update((state) => ({ ...state, marksAreUnsure: true }));
      await refresh(replica).catch(() => undefined);
    } catch (error) {
      if (hasCode(error, "not_found")) replica.gone("unknown");
      else if (isPassing(error))
        clock.after(AGAIN_MS, () => deps.connection().state.value === "online" && void catchUp(replica));
    } finally {
      catchingUp.delete(replica.id);
    }
  }

  function reach(replica: Replica, head: number): void {
    const ask = (): void => {
      const { version } = replica;
      if (version === undefined || version >= head) return;
      if (head - version > REPLAYED) replica.reset(head);
      else void catchUp(replica);
    };
    // What is on its way live needs no asking; while one did not follow, nothing was.
    if (replica.cell.value.conversation?.unread_count === null) ask();
    else clock.after(AGAIN_MS, ask);
  }

  async function reloadMessage(replica: Replica, messageId: string): Promise<void> {
    const ask = () => api.getMessage({ conversation_id: replica.id, message_id: messageId });
    await replica
      .reading(ask, (state, message) => ({
        ...state,
        windows: patchMessage(state.windows, messageId, (held) => (message.version >= held.version ? message : held)),
      }))
      .catch(() => undefined);
  }

  // --- marks -------------------------------------------------------------------------------------------------------

  function onMark(event: MarkEvent): void {
    const replica = replicas.get(event.conversation_id);
    if (!replica) return;
    const held = replica.cell.value.marks.get(event.user_id);
    const read = event.type === "read.updated" ? event.data.last_read_seq : (held?.last_read_seq ?? 0);
    const delivered =
      event.type === "delivery.updated" ? event.data.last_delivered_seq : (held?.last_delivered_seq ?? 0);
    const at = event.type === "read.updated" ? event.data.last_read_at : (held?.last_read_at ?? null);
    const mark = { user_id: event.user_id, last_read_seq: read, last_delivered_seq: delivered, last_read_at: at };
    // How far someone has read who was not heard of yet is not in a delivery.
    const isUnsure = !held && event.type === "delivery.updated";
    replica.update((state) => reduceMark(isUnsure ? { ...state, marksAreUnsure: true } : state, mark));
    // Only one's own sockets are told what is unread; staff share the mark of a support conversation.
    const isOwn = event.user_id === me || (event.type === "read.updated" && event.data.unread_count !== undefined);
    if (event.type === "read.updated" && isOwn) ownRead(replica, read, event.data.unread_count);
  }

  function ownRead(replica: Replica, seq: number, told?: number): void {
    const { value } = replica.cell;
    if (!value.conversation) {
      if (told !== undefined) replica.update((state) => ({ ...state, unread: told }));
      return;
    }
    const moved = reduceOwnRead(value, seq, me);
    if (moved) replica.update(() => moved);
    else void refresh(replica).catch(() => undefined);
  }

  function settled(replica: Replica): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        const { gone, version } = replica.cell.value;
        if (gone) reject(new ParleyError("not_found", "There is no such conversation, or you may not see it."));
        else if (version !== undefined) resolve();
        else return;
        stop();
      };
      let stop = (): void => undefined;
      stop = replica.cell.subscribe(check);
      check();
    });
  }

  return {
    replicas,
    changed,
    me: () => me,
    replica: replicaOf,
    hear(frame) {
      if (frame.type === "connected") {
        // A renewed token is answered with `connected`, too; only a new connection resumes.
        const { user_id: userId, epoch: told } = frame.data;
        if (!resuming && deps.connection().state.value === "catching-up") void onConnected({ userId, epoch: told });
      } else if (frame.type === "changes") onChanges(frame);
      else if (frame.type === "resumed") onResumed(frame);
      else if (frame.type === "read.updated" || frame.type === "delivery.updated") onMark(frame);
      else if ("version" in frame) onChange(frame);
    },
    lost() {
      resuming = undefined;
    },
    refresh,
    settled,
    reach,
    restored,
    standing: () => (isComplete && !resuming && epoch !== null ? { userId: me, epoch } : undefined),
  };

  function onChange(event: Extract<ServerFrame, { version: number }>): void {
    replicaOf(event.conversation_id).live(event);
  }
}
