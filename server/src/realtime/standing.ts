import { isHost } from "../domain/access.ts";
import type { Caller } from "../domain/caller.ts";
import type { UserId } from "../domain/ids.ts";
import { isAgentTokenUsable } from "../store/agents.ts";
import type { Reader } from "../store/database.ts";
import { findLiveUsers, type LiveUserFacts } from "../store/live-conversations.ts";
import type { Audience, Session } from "./audience.ts";
import type { PresenceBoard } from "./presence.ts";
import type { StreamFacts } from "./stream-facts.ts";

export interface StandingDeps {
  readonly db: Reader;
  readonly audience: Audience;
  readonly facts: StreamFacts;
  readonly presence: PresenceBoard;
  readonly onTrouble: (error: unknown, message: string) => void;
}

/** Whether those who are connected still are who they were, and may still listen. None of it fails. */
export class Standing {
  readonly #deps: StandingDeps;

  constructor(deps: StandingDeps) {
    this.#deps = deps;
  }

  /** Ends the sessions of a user, or those that came with one token. */
  end(userId: UserId, tokenId: string | null): void {
    for (const session of this.#deps.audience.users.get(userId)?.sessions ?? []) {
      if (tokenId === null || session.tokenId === tokenId) session.sink.end("revoked");
    }
  }

  /** The session has proven anew who it is. */
  renew(session: Session, caller: Caller, tokenId: string | null = null): void {
    const { staff } = this.#deps.audience;
    session.caller = caller;
    session.tokenId = tokenId;
    if (session.isEnded) return;
    if (caller.isStaff) staff.add(session);
    else staff.delete(session);
  }

  /** Reads what users have decided about themselves, or others about them. */
  async lookAt(userIds: readonly UserId[]): Promise<void> {
    const { db, audience, presence, onTrouble } = this.#deps;
    try {
      for (const row of await findLiveUsers(db, userIds)) {
        const user = audience.users.get(row.id);
        presence.changed(row.id);
        if (!user) continue;
        user.sharesReceipts = row.sharesReceipts;
        for (const session of user.sessions) this.renew(session, withFacts(session.caller, row), session.tokenId);
        if (row.isDeactivated) this.end(row.id, null);
      }
    } catch (error) {
      onTrouble(error, "it could not be read what users have changed about themselves");
    }
  }

  /** Looks at everyone and everything: what was not said, or got lost on the way. */
  async lookAtAll(): Promise<void> {
    const { audience, facts, onTrouble } = this.#deps;
    try {
      audience.sweep();
      for (const stream of audience.streams.values()) if (stream.readers?.size) await facts.recheck(stream);
      await this.#lookAtTokens();
    } catch (error) {
      onTrouble(error, "it could not be looked at who may still listen");
    }
    await this.lookAt([...audience.users.keys()]);
  }

  /** Tokens that can be revoked are few: those of agents. */
  async #lookAtTokens(): Promise<void> {
    const { db, audience } = this.#deps;
    for (const { id, sessions } of audience.users.values()) {
      for (const tokenId of new Set(sessions.flatMap((session) => session.tokenId ?? []))) {
        if (!(await isAgentTokenUsable(db, tokenId))) this.end(id, tokenId);
      }
    }
  }
}

/** The host's backend is what its token says; everyone else what their row says now. */
function withFacts(caller: Caller, { isAdmin, isStaff }: LiveUserFacts): Caller {
  return isHost(caller) ? caller : { ...caller, isAdmin, isStaff: isStaff || isAdmin };
}
