import type { ConversationId, UserId } from "../domain/ids.ts";
import type { Change, CommittedChange } from "../store/changes.ts";
import type { TailEntry } from "../store/live-conversations.ts";
import type { Audience } from "./audience.ts";
import type { Delivery } from "./delivery.ts";
import type { Seam } from "./seam.ts";
import type { StreamFacts } from "./stream-facts.ts";

export interface IntakeDeps {
  readonly audience: Audience;
  readonly seam: Seam;
  readonly facts: StreamFacts;
  readonly delivery: Delivery;
}

/** Where the hub learns of changes: from this node's committer, from other nodes, from the end of the log. In any order, more than once. */
export class Intake {
  readonly #deps: IntakeDeps;
  readonly #gathering = new GatheringVersions();

  constructor(deps: IntakeDeps) {
    this.#deps = deps;
  }

  /** A change is committed. */
  take(change: CommittedChange): void {
    const { audience, delivery, seam } = this.#deps;
    const { conversationId, version } = change;
    seam.note(conversationId, version);
    if (isGathering(change)) this.#gathering.add(conversationId, version);
    let stream = audience.streams.get(conversationId);
    if (!stream && this.#concerns(change)) stream = audience.activate(conversationId, version - 1);
    if (stream) delivery.take(stream, change);
  }

  /** There is a change of this version. Answers whether somebody listens to the conversation. */
  reach(conversationId: ConversationId, version: number): boolean {
    const { audience, delivery, seam } = this.#deps;
    seam.note(conversationId, version);
    const stream = audience.streams.get(conversationId);
    if (stream && version > stream.last) delivery.reach(stream, version);
    return stream !== undefined;
  }

  /** Whether changes of a conversation that nobody listens to may be for somebody here, and were not taken yet. */
  mayConcern({ conversationId, gathering }: TailEntry): boolean {
    const { audience, facts } = this.#deps;
    if (audience.users.size === 0) return false;
    if (gathering.some((version) => !this.#gathering.has(conversationId, version))) return true;
    return audience.staff.size > 0 && facts.mayBeSupport(conversationId);
  }

  #concerns(change: Change): boolean {
    const { audience, facts } = this.#deps;
    if (change.type === "member.added" && audience.users.has(change.subjectId as UserId)) return true;
    if (change.type !== "member.added" && isGathering(change)) return audience.users.size > 0;
    return audience.staff.size > 0 && facts.mayBeSupport(change.conversationId);
  }
}

/** Somebody may come to hear the conversation by it. */
function isGathering({ type }: Change): boolean {
  return type === "member.added" || type === "conversation.created" || type === "conversation.restored";
}

const MAX_REMEMBERED = 10_000;

/** Gathering changes that were taken: the tail need not look there again. Forgetting one costs no more than reading it twice. */
class GatheringVersions {
  #recent = new Set<string>();
  #older = new Set<string>();

  add(id: ConversationId, version: number): void {
    if (this.#recent.size >= MAX_REMEMBERED) {
      this.#older = this.#recent;
      this.#recent = new Set();
    }
    this.#recent.add(`${id}:${version}`);
  }

  has(id: ConversationId, version: number): boolean {
    const key = `${id}:${version}`;
    return this.#recent.has(key) || this.#older.has(key);
  }
}
