import { ParleyError } from "@parley/protocol";
import type { ConversationId } from "../domain/ids.ts";
import { accessTo, type Access } from "../services/access.ts";
import type { Reader } from "../store/database.ts";
import type { Audience, Session } from "./audience.ts";
import type { Delivery } from "./delivery.ts";
import type { Seam } from "./seam.ts";
import type { StreamFacts } from "./stream-facts.ts";

export interface OpeningsDeps {
  readonly db: Reader;
  readonly audience: Audience;
  readonly seam: Seam;
  readonly facts: StreamFacts;
  readonly delivery: Delivery;
  /** Conversations that a session may have open. */
  readonly maxOpen: number;
}

/** What clients have on their screens. */
export class Openings {
  readonly #deps: OpeningsDeps;

  constructor(deps: OpeningsDeps) {
    this.#deps = deps;
  }

  async open(session: Session, conversationId: ConversationId): Promise<Access> {
    const { db, audience, seam, facts, delivery, maxOpen } = this.#deps;
    return await seam.across(async () => {
      const access = await accessTo(db, session.caller, conversationId);
      if (session.isEnded) return access;
      const { head } = access.conversation;
      const stream = audience.activate(conversationId, head);
      if (!session.opened?.has(stream) && (session.opened?.size ?? 0) >= maxOpen) {
        audience.release(stream);
        throw tooManyOpen(maxOpen);
      }
      facts.note(stream, access.conversation);
      audience.open(stream, session);
      delivery.reach(stream, Math.max(head, seam.headOf(conversationId)));
      return access;
    });
  }

  close(session: Session, conversationId: ConversationId): void {
    const { audience } = this.#deps;
    const stream = audience.streams.get(conversationId);
    if (!stream) return;
    audience.close(stream, session);
    audience.release(stream);
  }
}

function tooManyOpen(limit: number): ParleyError {
  const message = `At most ${limit} conversations may be open at once. Close one first.`;
  return new ParleyError("validation_failed", { detail: message, errors: [{ path: "data.conversation_id", message }] });
}
