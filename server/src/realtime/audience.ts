import type { PresenceStatus } from "@parley/protocol";
import type { Caller } from "../domain/caller.ts";
import type { HistoryVisibility } from "../domain/history.ts";
import type { ConversationId, UserId } from "../domain/ids.ts";
import type { CommittedChange } from "../store/changes.ts";
import type { Frame } from "./frames.ts";

/** Who hears what on this node: conversations, the users online in them and their sessions, and nothing of anybody else. */

/** Why the hub ends a session of its own accord. */
export type EndReason = "revoked";

/** Where a session's events go: a socket, an event stream. */
export interface Sink {
  /**
   * Takes an event. Must neither throw nor wait, and must not end the session before it returns: a sink that is behind drops
   * signals, and one that is too far behind ends itself a moment later.
   */
  push(frame: Frame): void;
  end(reason: EndReason): void;
}

/** One client that is connected. */
export class Session {
  /** Tells it from all others of this node, for ever. */
  readonly number: number;
  readonly user: LiveUser;
  readonly sink: Sink;
  caller: Caller;
  /** Of the token it came with, where such a token can be revoked. */
  tokenId: string | null;
  /** Events are delivered from here on: set in the same moment in which the client is told so. */
  isLive = false;
  isEnded = false;
  /** What it has open. */
  opened: Set<Stream> | undefined;
  /** Whose presence it watches, and what it was last told of each. */
  watching: Map<UserId, PresenceStatus> | undefined;

  constructor(number: number, user: LiveUser, caller: Caller, sink: Sink, tokenId: string | null) {
    this.number = number;
    this.user = user;
    this.caller = caller;
    this.sink = sink;
    this.tokenId = tokenId;
  }
}

/** A user with at least one session on this node. Subscriptions are the user's: further sessions cost nothing. */
export class LiveUser {
  readonly id: UserId;
  sessions: readonly Session[] = [];
  /** The conversations the user is a member of. */
  streams: Stream[] = [];
  /** The memberships were read: from then on the stream of changes keeps them up to date. */
  isLoaded = false;
  /** While they are being read. */
  loading: Promise<void> | undefined;
  /** Conversations the user left while the memberships were being read, and at which version. */
  leftWhileLoading: Map<ConversationId, number> | undefined;
  /** Receipts are mutual: who does not share theirs is not told those of others. */
  sharesReceipts = true;
  /** What the user chose to appear as. */
  chosenStatus: PresenceStatus | undefined;

  constructor(id: UserId) {
    this.id = id;
  }
}

/** A conversation that somebody on this node listens to. */
export class Stream {
  readonly id: ConversationId;
  /** The version that was delivered last. */
  last: number;
  /** The highest version that is known to exist. */
  target: number;
  /** Changes that wait for an earlier one, with what the committer said of them. */
  pending: Map<number, CommittedChange> | undefined;
  /** Changes are being read or presented: whatever comes meanwhile waits. */
  isBusy = false;
  /** Nobody listens any more: whoever still holds it lets it go. */
  isEnded = false;
  /** Nothing was told since the last sweep. */
  isQuiet = false;
  /** Whether `isSupport` and `history` are known. */
  isKnown = false;
  isSupport = false;
  history: HistoryVisibility = "all";
  /** How many messages there are, as of `last`; undefined where that was never read. */
  messageCount: number | undefined;
  /** Counted up to one more than a small conversation has; undefined until somebody asks. */
  memberCount: number | undefined;
  /** Members who are online, each once. A list, since most conversations are small and there are many. */
  users: LiveUser[] = [];
  /** Sessions that have the conversation open. */
  openers: Set<Session> | undefined;
  /** Of these, sessions of people who are not members: readers of a public channel, staff, the host's backend. */
  readers: Set<Session> | undefined;
  /** The seq up to which messages are hidden, by user; only where the history is limited, and only of whom it hides something. */
  hiddenUpTo: Map<UserId, number> | undefined;
  /** Those online who do not learn who the members are. */
  guests: Set<UserId> | undefined;

  constructor(id: ConversationId, last: number) {
    this.id = id;
    this.last = last;
    this.target = last;
  }

  /** Whether the user hears it as a member. */
  has(user: LiveUser): boolean {
    return this.users.length < user.streams.length ? this.users.includes(user) : user.streams.includes(this);
  }
}

/** Up to so many, a list is copied to be as long as it has to be. */
const FEW = 32;

export class Audience {
  readonly streams = new Map<ConversationId, Stream>();
  readonly users = new Map<UserId, LiveUser>();
  /** Sessions that hear all support conversations. */
  readonly staff = new Set<Session>();
  #entered = 0;

  /** The stream of the conversation; a new one takes everything after `last` as to be delivered. */
  activate(id: ConversationId, last: number): Stream {
    const known = this.streams.get(id);
    if (known) return known;
    const stream = new Stream(id, last);
    this.streams.set(id, stream);
    return stream;
  }

  subscribe(stream: Stream, user: LiveUser): void {
    if (stream.has(user)) return;
    // A list that grows takes room for many more, and most conversations are small.
    if (stream.users.length < FEW) stream.users = [...stream.users, user];
    else stream.users.push(user);
    user.streams.push(stream);
    // Who had the public channel open has become a member: once is enough.
    if (stream.readers) for (const session of user.sessions) stream.readers.delete(session);
  }

  /** Ends everything by which the user hears the conversation, also what they have open. */
  unsubscribe(stream: Stream, user: LiveUser): void {
    drop(stream.users, user);
    drop(user.streams, stream);
    stream.hiddenUpTo?.delete(user.id);
    stream.guests?.delete(user.id);
    for (const session of user.sessions) this.close(stream, session);
  }

  open(stream: Stream, session: Session): void {
    (stream.openers ??= new Set()).add(session);
    (session.opened ??= new Set()).add(stream);
    if (!stream.has(session.user)) (stream.readers ??= new Set()).add(session);
  }

  close(stream: Stream, session: Session): void {
    session.opened?.delete(stream);
    stream.openers?.delete(session);
    stream.readers?.delete(session);
  }

  /** Forgets the stream if nobody listens to it. Support conversations that staff hear are kept until they are quiet. */
  release(stream: Stream): void {
    if (stream.users.length > 0 || (stream.openers?.size ?? 0) > 0 || stream.isBusy) return;
    if (stream.isSupport && this.staff.size > 0 && !stream.isQuiet) return;
    stream.isEnded = true;
    if (this.streams.get(stream.id) === stream) this.streams.delete(stream.id);
  }

  /** Forgets streams that only staff hear and in which nothing happens; they wake up by themselves. Call it now and then. */
  sweep(): void {
    for (const stream of this.streams.values()) {
      if (stream.users.length > 0) continue;
      this.release(stream);
      stream.isQuiet = true;
    }
  }

  /** The conversation is gone: nobody listens from now on. */
  end(stream: Stream): void {
    for (const user of [...stream.users]) this.unsubscribe(stream, user);
    for (const session of [...(stream.openers ?? [])]) this.close(stream, session);
    stream.isEnded = true;
    if (this.streams.get(stream.id) === stream) this.streams.delete(stream.id);
  }

  /** The user with this session; made where it is their first. */
  enter(caller: Caller, sink: Sink, tokenId: string | null): Session {
    let user = this.users.get(caller.userId);
    if (!user) this.users.set(caller.userId, (user = new LiveUser(caller.userId)));
    const session = new Session((this.#entered += 1), user, caller, sink, tokenId);
    // Most users have one session, and a list that grows takes room for many.
    user.sessions = [...user.sessions, session];
    if (caller.isStaff) this.staff.add(session);
    return session;
  }

  /** Ends a session; the user's last one takes their subscriptions along. */
  leave(session: Session): void {
    if (session.isEnded) return;
    session.isEnded = true;
    session.isLive = false;
    const { user } = session;
    user.sessions = user.sessions.filter((other) => other !== session);
    this.staff.delete(session);
    for (const stream of [...(session.opened ?? [])]) {
      this.close(stream, session);
      this.release(stream);
    }
    if (user.sessions.length > 0) return;
    this.users.delete(user.id);
    for (const stream of user.streams.splice(0)) {
      drop(stream.users, user);
      stream.hiddenUpTo?.delete(user.id);
      stream.guests?.delete(user.id);
      this.release(stream);
    }
  }
}

/** Takes an item out of a list in which it is once, and in which order means nothing. */
function drop<T>(list: T[], item: T): void {
  const at = list.indexOf(item);
  const last = list.pop();
  if (at >= 0 && at < list.length && last !== undefined) list[at] = last;
  else if (at < 0 && last !== undefined) list.push(last);
}
