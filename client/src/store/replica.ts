import type { Change, ChangeEvent, ChangeSet, GoneReason, Message } from "@parley/protocol";
import { createCell, type Cell } from "../observable.ts";
import { changesSight, lacksNames, reduceChange, reduceEvent, reduceSending } from "./reduce.ts";
import { type ConversationState, unknownConversation } from "./state.ts";
import { findMessage } from "./windows.ts";

/** What a replica needs done that it cannot do itself. */
export interface ReplicaHost {
  /** Oneself; known once connected. */
  readonly me: () => string;
  /** A version is missing between what is held and what came. */
  readonly onGap: (replica: Replica) => void;
  /** What was held is void: another epoch, too far behind, or one sees something else now. */
  readonly onReset: (replica: Replica) => void;
  readonly onGone: (replica: Replica, reason: GoneReason) => void;
  /** A message that has come since the last one, told once and in order. */
  readonly onMessage: (message: Message) => void;
  readonly onApplied: (replica: Replica, event: ChangeEvent) => void;
  /** What is counted of its members has to be asked for. */
  readonly onRecount: (replica: Replica) => void;
  /** Its reactions name fewer people than they could. */
  readonly onLacking: (replica: Replica, message: Message) => void;
}

/**
 * One conversation as it is held here, under the discipline of versions: a change is applied if it is the next one,
 * dropped if it was applied already, and kept aside if something before it is missing.
 */
export interface Replica {
  readonly id: string;
  readonly cell: Cell<ConversationState>;
  /** Grows with every reset: what was asked for before one is not to be used after it. */
  readonly generation: number;
  readonly version: number | undefined;
  /** Whether something came that what is held does not reach to. */
  readonly hasGap: boolean;
  update(change: (state: ConversationState) => ConversationState): void;
  /** Takes over what was kept of it, unless it is known better already. */
  restore(kept: ConversationState): void;
  live(event: ChangeEvent): void;
  caughtUp(set: ChangeSet): void;
  /** Everything up to this version is so, or will be when it is loaded. */
  settle(version: number): void;
  /** Forgets the version: what comes is kept aside until it is known again. */
  unsettle(): void;
  reset(version: number): void;
  gone(reason: GoneReason): void;
  /** What is asked for while this runs may be older than what comes meanwhile: `apply` puts the two together. */
  reading<T>(
    ask: () => Promise<T>,
    apply: (state: ConversationState, answer: T) => ConversationState,
  ): Promise<T | undefined>;
}

type Logged = { readonly event: ChangeEvent } | { readonly change: Change };

/** Of changes that are kept aside; beyond it, catching up finds them. */
const MAX_AHEAD = 1_000;

export function createReplica(id: string, host: ReplicaHost): Replica {
  const cell = createCell<ConversationState>(unknownConversation(id));
  const ahead = new Map<number, ChangeEvent>();
  let log: Logged[] = [];
  let readings = 0;
  let generation = 0;

  const update = (change: (state: ConversationState) => ConversationState): void => cell.set(change(cell.value));
  const replay = (state: ConversationState, logged: Logged): ConversationState =>
    "event" in logged
      ? headAt(reduceEvent(state, logged.event, host.me()), logged.event.version)
      : reduceChange(state, logged.change, host.me());

  function note(logged: Logged): void {
    if (readings > 0) log.push(logged);
  }

  function apply(event: ChangeEvent): void {
    const isRevealing = changesSight(cell.value, event, host.me());
    note({ event });
    update((state) => at(reduceEvent(state, event, host.me()), event.version));
    if (event.type === "message.created") host.onMessage(event.data);
    if (event.type === "reaction.removed") {
      const message = findMessage(cell.value.windows, event.data.message_id);
      if (message && lacksNames(message)) host.onLacking(replica, message);
    }
    host.onApplied(replica, event);
    if (event.type === "conversation.deleted") replica.gone("deleted");
    else if (event.type === "member.removed" && event.data.user_id === host.me()) replica.gone("removed");
    else if (isRevealing) replica.reset(event.version);
  }

  function drain(): void {
    for (;;) {
      const { version } = cell.value;
      if (version === undefined || cell.value.gone) return;
      for (const known of ahead.keys()) if (known <= version) ahead.delete(known);
      const next = ahead.get(version + 1);
      if (!next) break;
      ahead.delete(version + 1);
      apply(next);
    }
    if (ahead.size > 0) host.onGap(replica);
  }

  const replica: Replica = {
    id,
    cell,
    get generation() {
      return generation;
    },
    get version() {
      return cell.value.version;
    },
    get hasGap() {
      return ahead.size > 0;
    },
    update,
    restore(kept) {
      if (cell.value.version !== undefined || cell.value.gone) return;
      update(({ pending, typing }) => ({ ...kept, pending, typing }));
      drain();
    },
    live(event) {
      const { version, gone } = cell.value;
      if (gone || (version !== undefined && event.version <= version)) return;
      if (version !== undefined && event.version === version + 1) apply(event);
      else if (ahead.size < MAX_AHEAD) ahead.set(event.version, event);
      if (ahead.size > 0) drain();
    },
    caughtUp(set) {
      if (set.reset) {
        replica.reset(set.through);
        return;
      }
      const before = cell.value.version ?? 0;
      const news: Message[] = [];
      update((held) => {
        let state = held;
        // In the order of sending, which is not that of the changes: it tells whose marks have moved.
        for (const change of set.changes.toSorted((a, b) => placeOf(a) - placeOf(b))) {
          note({ change });
          const isNew = change.type === "message" && change.data.seq > before;
          if (isNew) state = reduceSending(state, change.data, host.me());
          state = reduceChange(state, change, host.me());
          if (isNew && change.data.deleted_at === null) news.push(change.data);
        }
        return at(state, Math.max(before, set.through));
      });
      if (set.changes.some(({ type }) => type === "member")) host.onRecount(replica);
      for (const message of news) host.onMessage(message);
      drain();
    },
    settle(version) {
      update((state) => at(state, Math.max(version, state.version ?? 0)));
      drain();
    },
    unsettle() {
      update((state) => ({ ...state, version: undefined }));
    },
    reset(version) {
      generation += 1;
      log = [];
      update((state) => ({ ...state, version, windows: [], members: undefined, readOrdinal: undefined, tail: [] }));
      host.onReset(replica);
      drain();
    },
    gone(reason) {
      if (cell.value.gone) return;
      generation += 1;
      ahead.clear();
      update((state) => ({ ...state, gone: reason, windows: [], members: undefined, typing: [], unread: null }));
      host.onGone(replica, reason);
    },
    async reading(ask, put) {
      const mine = generation;
      readings += 1;
      try {
        const answer = await ask();
        if (mine !== generation) return undefined;
        update((state) => log.reduce(replay, put(state, answer)));
        return answer;
      } finally {
        readings -= 1;
        if (readings === 0) log = [];
      }
    },
  };
  return replica;
}

const placeOf = (change: Change): number => (change.type === "message" ? change.data.seq : 0);

function at(state: ConversationState, version: number): ConversationState {
  return { ...headAt(state, version), version };
}

/** The head tells which changes the counts of a conversation contain. */
function headAt(state: ConversationState, version: number): ConversationState {
  const { conversation } = state;
  return conversation && conversation.head < version
    ? { ...state, conversation: { ...conversation, head: version } }
    : state;
}
