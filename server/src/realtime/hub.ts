import { ParleyError, type Signal } from "@parley/protocol";
import type { Caller } from "../domain/caller.ts";
import type { ConversationId, SpaceId, UserId } from "../domain/ids.ts";
import type { Access } from "../services/access.ts";
import type { CommittedChange } from "../store/changes.ts";
import type { Reader } from "../store/database.ts";
import type { MarkMoved } from "../store/marks/marks-writer.ts";
import { filterPresenceSights } from "../store/presence.ts";
import { Audience, type Session, type Sink } from "./audience.ts";
import type { Bus, BusMessage } from "./bus/bus.ts";
import { fromHint, toHint } from "./bus/change-hints.ts";
import { Delivery } from "./delivery.ts";
import type { FrameKind } from "./frames.ts";
import { Intake } from "./intake.ts";
import { HUB_LIMITS, type HubLimits } from "./limits.ts";
import { createMemberships } from "./memberships.ts";
import { Openings } from "./openings.ts";
import { createChangePresenter, type Presenters } from "./present-changes.ts";
import { PresenceBoard } from "./presence.ts";
import { Seam } from "./seam.ts";
import { Signals } from "./signals.ts";
import { Standing } from "./standing.ts";
import { SMALL, StreamFacts } from "./stream-facts.ts";
import { Tail } from "./tail.ts";
import { TypingBoard } from "./typing.ts";

export interface HubDeps {
  readonly db: Reader;
  readonly presenters: Presenters;
  readonly bus: Bus;
  /** Events handed to sessions, by kind. */
  readonly onTold: (kind: FrameKind, sessions: number) => void;
  /** Signals that were told to nobody because there were too many. */
  readonly onDropped: (count: number) => void;
  readonly onTrouble: (error: unknown, message: string) => void;
  readonly limits?: Partial<HubLimits>;
  /** Milliseconds since the epoch; default the system's clock. */
  readonly now?: () => number;
  /** Milliseconds of a clock that nobody sets, for how long something takes; default the process's own. */
  readonly ticks?: () => number;
}

/** Who may be shown as typing at once in a large conversation: more names fit nowhere. */
const LARGE_TYPISTS = 5;

export type Hub = ReturnType<typeof createHub>;

/** Live delivery (DESIGN section 2): tells those who are connected to this node what was committed, and what is ephemeral. */
export function createHub(deps: HubDeps) {
  const { db, bus, onTold, onTrouble, now = Date.now, ticks = () => performance.now() } = deps;
  const limits = { ...HUB_LIMITS, ...deps.limits };
  const audience = new Audience();
  const seam = new Seam();
  const facts = new StreamFacts({ db, audience });
  const signals = new Signals({ audience, facts, bus, now, onTold, onDropped: deps.onDropped, onTrouble });
  const typing = new TypingBoard({
    now: ticks,
    tell: (conversationId, userId, isTyping) => signals.typing(conversationId, userId, isTyping),
    maxTypists(conversationId) {
      const stream = audience.streams.get(conversationId);
      return stream && facts.isSmallNow(stream) === false ? LARGE_TYPISTS : SMALL;
    },
  });
  const presence = new PresenceBoard({
    audience,
    filterSights: (pairs) => filterPresenceSights(db, pairs),
    now,
    gatherMs: limits.presenceMs,
    onTold: (sessions) => onTold("signal", sessions),
    onTrouble,
  });
  const delivery = new Delivery({
    db,
    audience,
    facts,
    presenter: createChangePresenter({ db, presenters: deps.presenters }),
    onTold(change, sessions) {
      onTold("change", sessions);
      if (change.type === "message.created") typing.stop(change.conversationId, change.actorId);
      if (change.type === "member.removed") typing.stop(change.conversationId, change.subjectId as UserId);
    },
    onTrouble,
  });
  const intake = new Intake({ audience, seam, facts, delivery });
  const openings = new Openings({ db, audience, seam, facts, delivery, maxOpen: limits.openConversations });
  const standing = new Standing({ db, audience, facts, presence, onTrouble });
  const load = createMemberships({ db, audience, seam, catchUp: (stream, version) => delivery.reach(stream, version) });
  const tail = new Tail({
    db,
    intervalMs: limits.tailMs,
    reach: (conversationId, version) => intake.reach(conversationId, version),
    mayConcern: (entry) => intake.mayConcern(entry),
    take: (change) => intake.take(change),
    onTrouble,
  });
  const tick = setInterval(() => typing.sweep(), limits.tickMs).unref();
  const auditing = setInterval(() => void standing.lookAtAll(), limits.auditMs).unref();
  bus.subscribe((message) => guarded("a hint of another node could not be followed", () => receive(message)));

  function guarded(message: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      onTrouble(error, message);
    }
  }

  function receive(message: BusMessage): void {
    switch (message.kind) {
      case "change":
        intake.take(fromHint(message));
        return;
      case "signal":
        signals.receive(message);
        return;
      case "users":
        signals.receiveForUsers(message);
        return;
      case "user":
        void standing.lookAt([message.user_id as UserId]);
        return;
      case "end":
        standing.end(message.user_id as UserId, message.token_id);
        return;
    }
  }

  function leave(session: Session): void {
    if (session.isEnded) return;
    const { user } = session;
    presence.unwatch(session);
    audience.leave(session);
    if (user.sessions.length > 0) return;
    typing.gone(user.id);
    presence.gone(user.id, user.chosenStatus);
  }

  return {
    typing,
    presence,

    /** Tells what this node has just committed. Neither throws nor waits: what takes reading is told when it was read. */
    committed(changes: readonly CommittedChange[]): void {
      for (const change of changes) {
        guarded("a committed change could not be told at once", () => {
          intake.take(change);
          if (bus.hasPeers) bus.publish(toHint(change));
        });
      }
    },

    /**
     * Connects a client: subscribes it to everything its user may hear. Nothing is delivered before `begin`.
     * Throws `rate_limited` when the user has too many connections, and whatever the database throws.
     */
    async attach(caller: Caller, sink: Sink, tokenId: string | null = null): Promise<Session> {
      if ((audience.users.get(caller.userId)?.sessions.length ?? 0) >= limits.sessionsPerUser)
        throw tooManyConnections();
      const session = audience.enter(caller, sink, tokenId);
      try {
        await tail.started;
        if (!session.user.isLoaded) await load(session.user);
      } catch (error) {
        leave(session);
        throw error;
      }
      presence.changed(caller.userId);
      return session;
    },

    /** From now on events are delivered. Call it in the same turn in which the client is told that it is connected. */
    begin(session: Session): void {
      session.isLive = !session.isEnded;
    },

    /** The client has a new token of the same user. */
    renew(session: Session, caller: Caller, tokenId: string | null = null): void {
      standing.renew(session, caller, tokenId);
    },

    /** The client is gone. Doing it again is nothing. */
    leave,

    /**
     * The client has the conversation open: it hears its marks and typing whatever the number of members, and, where it may see
     * it without being a member, its changes. Throws `not_found`; `validation_failed` when too many are open.
     */
    open: (session: Session, conversationId: ConversationId): Promise<Access> => openings.open(session, conversationId),

    /** The client has it open no more. Closing what is not open is nothing. */
    close: (session: Session, conversationId: ConversationId): void => openings.close(session, conversationId),

    /** Tells that marks have moved, after that was written. Neither throws nor waits. */
    marksMoved(marks: readonly MarkMoved[]): void {
      guarded("marks could not be told", () => {
        for (const mark of marks) signals.markMoved(mark);
      });
    },

    /** Tells an event to all sockets of a user, on all nodes. Neither throws nor waits. */
    toUser(userId: UserId, event: Signal): void {
      guarded("a signal could not be told", () => signals.toUsers([userId], event));
    },

    /** The same for several users: the event is encoded once. */
    toUsers(userIds: readonly UserId[], event: Signal): void {
      guarded("a signal could not be told", () => signals.toUsers(userIds, event));
    },

    /**
     * People have left the space, or it is gone: whoever follows its public channels without being a member is looked at anew.
     * Does not fail.
     */
    async spaceChanged(spaceId: SpaceId): Promise<void> {
      try {
        for (const stream of audience.streams.values()) if (stream.readers?.size) await facts.recheck(stream, spaceId);
      } catch (error) {
        onTrouble(error, "it could not be looked at who may still follow the channels of a space");
      }
    },

    /** Users share receipts or presence or no longer do, are blocked or no longer, or were locked out. Neither throws nor waits. */
    usersChanged(userIds: readonly UserId[]): void {
      void standing.lookAt(userIds);
      for (const id of userIds) bus.publish({ kind: "user", user_id: id });
    },

    /** The user was locked out, or one token of theirs was revoked: their sockets end with 4403, on all nodes. */
    revoke(userId: UserId, tokenId: string | null = null): void {
      standing.end(userId, tokenId);
      bus.publish({ kind: "end", user_id: userId, token_id: tokenId });
    },

    /** Whether it is a support conversation; undefined where nobody here listens to it. That never changes. */
    isSupport(conversationId: ConversationId): boolean | undefined {
      const stream = audience.streams.get(conversationId);
      return stream?.isKnown ? stream.isSupport : undefined;
    },

    /** Sessions, conversations that somebody hears, and changes that are not told yet. */
    stats(): { readonly sessions: number; readonly streams: number; readonly lag: number } {
      let sessions = 0;
      for (const user of audience.users.values()) sessions += user.sessions.length;
      return { sessions, streams: audience.streams.size, lag: delivery.lag };
    },

    async [Symbol.asyncDispose](): Promise<void> {
      clearInterval(tick);
      clearInterval(auditing);
      delivery.stop();
      presence.stop();
      await tail[Symbol.asyncDispose]();
    },
  };
}

function tooManyConnections(): ParleyError {
  return new ParleyError("rate_limited", {
    detail: "You have too many connections open. Close one first.",
    retryAfterSeconds: 5,
  });
}
