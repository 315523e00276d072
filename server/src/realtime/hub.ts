import { ParleyError, type Signal } from "@parley/protocol";
import { isHost } from "../domain/access.ts";
import type { Caller } from "../domain/caller.ts";
import type { ConversationId, SpaceId, UserId } from "../domain/ids.ts";
import { accessTo, type Access } from "../services/access.ts";
import { isAgentTokenUsable } from "../store/agents.ts";
import type { CommittedChange } from "../store/changes.ts";
import type { Reader } from "../store/database.ts";
import { findLiveUsers, type LiveUserFacts } from "../store/live-conversations.ts";
import type { MarkMoved } from "../store/marks/marks-writer.ts";
import { filterPresenceSights } from "../store/presence.ts";
import { Audience, type Session, type Sink } from "./audience.ts";
import type { Bus, BusMessage } from "./bus/bus.ts";
import { fromHint, toHint } from "./bus/change-hints.ts";
import { Delivery } from "./delivery.ts";
import type { FrameKind } from "./frames.ts";
import { Intake } from "./intake.ts";
import { createMemberships } from "./memberships.ts";
import { createChangePresenter, type Presenters } from "./present-changes.ts";
import { PresenceBoard } from "./presence.ts";
import { Seam } from "./seam.ts";
import { Signals } from "./signals.ts";
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
}

export interface HubLimits {
  /** Sessions of one user on this node. */
  readonly sessionsPerUser: number;
  /** Conversations that a session may have open. */
  readonly openConversations: number;
  /** How often the end of the log is looked at. */
  readonly tailMs: number;
  /** How often typing is looked at for what has timed out. */
  readonly tickMs: number;
  /** How often it is looked at who may still follow, and who was locked out: a net below what the services say at once. */
  readonly auditMs: number;
  /** How long changes of presence are gathered. */
  readonly presenceMs: number;
}

const LIMITS: HubLimits = {
  sessionsPerUser: 100,
  openConversations: 100,
  tailMs: 500,
  tickMs: 1_000,
  auditMs: 60_000,
  presenceMs: 250,
};

/** Who may be shown as typing at once in a large conversation: more names fit nowhere. */
const LARGE_TYPISTS = 5;

export type Hub = ReturnType<typeof createHub>;

/** Live delivery (DESIGN section 2): tells those who are connected to this node what was committed, and what is ephemeral. */
export function createHub(deps: HubDeps) {
  const { db, bus, onTold, onTrouble, now = Date.now } = deps;
  const limits = { ...LIMITS, ...deps.limits };
  const audience = new Audience();
  const seam = new Seam();
  const facts = new StreamFacts({ db, audience });
  const signals = new Signals({ audience, facts, bus, now, onTold, onDropped: deps.onDropped, onTrouble });
  const typing = new TypingBoard({
    now,
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
  const auditing = setInterval(() => void audit(), limits.auditMs).unref();
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
        void lookAt([message.user_id as UserId]);
        return;
      case "end":
        endSessions(message.user_id as UserId, message.token_id);
        return;
    }
  }

  function endSessions(userId: UserId, tokenId: string | null): void {
    for (const session of audience.users.get(userId)?.sessions ?? []) {
      if (tokenId === null || session.tokenId === tokenId) session.sink.end("revoked");
    }
  }

  /** Reads what users have decided about themselves, or others about them. Never fails. */
  async function lookAt(userIds: readonly UserId[]): Promise<void> {
    try {
      for (const row of await findLiveUsers(db, userIds)) {
        const user = audience.users.get(row.id);
        if (!user) continue;
        user.sharesReceipts = row.sharesReceipts;
        for (const session of user.sessions) renew(session, withFacts(session.caller, row), session.tokenId);
        if (row.isDeactivated) endSessions(row.id, null);
        presence.changed(row.id);
      }
    } catch (error) {
      onTrouble(error, "it could not be read what users have changed about themselves");
    }
  }

  async function audit(): Promise<void> {
    try {
      audience.sweep();
      for (const stream of audience.streams.values()) if (stream.readers?.size) await facts.recheck(stream);
    } catch (error) {
      onTrouble(error, "it could not be looked at who may still listen");
    }
    await lookAt([...audience.users.keys()]);
    await lookAtTokens();
  }

  /** Tokens that can be revoked are few: those of agents. */
  async function lookAtTokens(): Promise<void> {
    try {
      for (const { id, sessions } of audience.users.values()) {
        for (const tokenId of new Set(sessions.flatMap((session) => session.tokenId ?? []))) {
          if (!(await isAgentTokenUsable(db, tokenId))) endSessions(id, tokenId);
        }
      }
    } catch (error) {
      onTrouble(error, "it could not be looked at which tokens were revoked");
    }
  }

  function renew(session: Session, caller: Caller, tokenId: string | null = null): void {
    session.caller = caller;
    session.tokenId = tokenId;
    if (session.isEnded) return;
    if (caller.isStaff) audience.staff.add(session);
    else audience.staff.delete(session);
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
      if ((audience.users.get(caller.userId)?.sessions.length ?? 0) >= limits.sessionsPerUser) throw tooManyConnections();
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
    renew,

    /** The client is gone. Doing it again is nothing. */
    leave,

    /**
     * The client has the conversation open: it hears its marks and typing whatever the number of members, and, where it may see
     * it without being a member, its changes. Throws `not_found`; `validation_failed` when too many are open.
     */
    async open(session: Session, conversationId: ConversationId): Promise<Access> {
      return await seam.across(async () => {
        const access = await accessTo(db, session.caller, conversationId);
        if (session.isEnded) return access;
        const { head } = access.conversation;
        const stream = audience.activate(conversationId, head);
        if (!session.opened?.has(stream) && (session.opened?.size ?? 0) >= limits.openConversations) {
          audience.release(stream);
          throw tooManyOpen(limits.openConversations);
        }
        facts.note(stream, access.conversation);
        audience.open(stream, session);
        delivery.reach(stream, Math.max(head, seam.headOf(conversationId)));
        return access;
      });
    },

    /** The client has it open no more. Closing what is not open is nothing. */
    close(session: Session, conversationId: ConversationId): void {
      const stream = audience.streams.get(conversationId);
      if (!stream) return;
      audience.close(stream, session);
      audience.release(stream);
    },

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
      void lookAt(userIds);
      for (const id of userIds) bus.publish({ kind: "user", user_id: id });
    },

    /** The user was locked out, or one token of theirs was revoked: their sockets end with 4403, on all nodes. */
    revoke(userId: UserId, tokenId: string | null = null): void {
      endSessions(userId, tokenId);
      bus.publish({ kind: "end", user_id: userId, token_id: tokenId });
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

/** The host's backend is what its token says; everyone else what their row says now. */
function withFacts(caller: Caller, { isAdmin, isStaff }: LiveUserFacts): Caller {
  return isHost(caller) ? caller : { ...caller, isAdmin, isStaff: isStaff || isAdmin };
}

function tooManyConnections(): ParleyError {
  return new ParleyError("rate_limited", { detail: "You have too many connections open. Close one first.", retryAfterSeconds: 5 });
}

function tooManyOpen(limit: number): ParleyError {
  const message = `At most ${limit} conversations may be open at once. Close one first.`;
  return new ParleyError("validation_failed", { detail: message, errors: [{ path: "data.conversation_id", message }] });
}
