import type { SendFact } from "../checker/facts.ts";
import { openConnection, type Answer, type Connection } from "./connection.ts";
import { isFinal, loadConversation, type Http } from "./http.ts";
import type { Journal, Noted } from "./journal.ts";
import type { Ledger } from "./ledger.ts";
import type { Replica } from "./replica.ts";
import {
  isChangeEvent,
  type WireChangeSet,
  type WireEvent,
  type WireFrame,
  type WireMember,
  type WireMessage,
  type WireResumed,
} from "./wire.ts";

/** Reconnecting is as documented, only in a hurry: the harness has no half minutes to wait. */
const FIRST_PAUSE_MS = 40;
const LONGEST_PAUSE_MS = 400;
const PING_MS = 400;
const SILENCE_MS = 2_000;
const ANSWER_MS = 4_000;
const NAMED_AT_ONCE = 500;

export interface ClientDeps {
  readonly name: string;
  readonly userId: string;
  readonly token: string;
  readonly url: () => string;
  readonly http: Http;
  readonly journal: Journal;
  /** Where to write down what happens in the present scene. */
  readonly ledger: () => Ledger;
  readonly jitter: () => number;
}

/** A message that is not answered yet. */
interface Outgoing {
  readonly fact: SendFact;
  readonly body: Record<string, unknown>;
  isInFlight: boolean;
}

/**
 * A client as docs/reference/socket-protocol.md tells to write one. It knows nothing of the server's code, and keeps what it needs to
 * go on after anything: versions, what they are versions of, and an outbox.
 */
export class Client {
  readonly name: string;
  readonly userId: string;
  readonly #deps: ClientDeps;
  readonly replicas = new Map<string, Replica>();
  /** Conversations that are being loaded, with the events told meanwhile. */
  readonly #loading = new Map<string, WireEvent[]>();
  readonly #outbox = new Map<string, Outgoing>();
  /** What must not happen even so: said by the client itself. */
  readonly troubles: string[] = [];
  /** How often its connections ended with which code. */
  readonly ends = new Map<number, number>();
  #connection: Connection | undefined;
  /** Told before `resumed`: they overlap with what is replayed. */
  #early: WireEvent[] | undefined = [];
  #epoch: string | undefined;
  #generation = 0;
  #isStopped = false;
  readonly #done: Promise<void>;

  constructor(deps: ClientDeps) {
    this.#deps = deps;
    this.name = deps.name;
    this.userId = deps.userId;
    this.#done = this.#run();
  }

  get isLive(): boolean {
    return this.#early === undefined;
  }

  get unanswered(): number {
    return this.#outbox.size;
  }

  get isLoading(): boolean {
    return this.#loading.size > 0;
  }

  /** Sends once it can, and again under the same id until it is answered. */
  send(fact: SendFact, body: Record<string, unknown>): void {
    this.#deps.ledger().sends.set(fact.id, fact);
    const outgoing: Outgoing = { fact, body, isInFlight: false };
    this.#outbox.set(fact.id, outgoing);
    if (this.isLive) void this.#transmit(outgoing);
  }

  async ask(type: string, data: unknown): Promise<Answer> {
    if (!this.#connection || !this.isLive) return { kind: "unknown" };
    return await this.#connection.ask(type, data, ANSWER_MS);
  }

  /** Stops reading for a while. */
  pause(): void {
    this.#connection?.pause();
  }

  unpause(): void {
    this.#connection?.unpause();
  }

  /** Drops the connection without a word, as a phone in a tunnel does. */
  drop(): void {
    this.#connection?.close();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#connection?.close();
    await this.#done;
  }

  /** Forgets conversations that nobody touches any more. */
  forget(conversationIds: readonly string[]): void {
    for (const id of conversationIds) this.replicas.delete(id);
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#isStopped) {
      const began = performance.now();
      await this.#connectOnce();
      failures = performance.now() - began > 1_000 ? 0 : failures + 1;
      const wait = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures);
      await new Promise((resolve) => setTimeout(resolve, wait * (0.5 + this.#deps.jitter() / 2)));
    }
  }

  async #connectOnce(): Promise<void> {
    const { url, token } = this.#deps;
    this.#early = [];
    this.#generation += 1;
    this.#loading.clear();
    const onFrame = (frame: WireFrame): void => {
      if (frame.type === "connected") void this.#resume(connection, String(frame.data["epoch"]));
      else this.#hear(frame);
    };
    const connection = openConnection({ url: url(), token, onFrame, pingMs: PING_MS, silenceMs: SILENCE_MS });
    this.#connection = connection;
    const code = await connection.ended;
    this.#early = [];
    this.#generation += 1;
    this.#loading.clear();
    this.#note({ text: `the connection ended with ${code}` });
    this.ends.set(code, (this.ends.get(code) ?? 0) + 1);
    // After the first ones the protocol says that reconnecting is wrong; for the others this client gives no cause.
    if ([4400, 4401, 4403, 4408, 4429].includes(code)) this.troubles.push(`${this.name} was closed with ${code}`);
  }

  async #resume(connection: Connection, epoch: string): Promise<void> {
    if (this.#epoch !== undefined && this.#epoch !== epoch)
      this.troubles.push(`the epoch changed from ${this.#epoch} to ${epoch}`);
    const generation = this.#generation;
    const names = [...this.replicas].map(([id, { version }]) => [id, version] as const);
    const parts = Array.from({ length: Math.max(1, Math.ceil(names.length / NAMED_AT_ONCE)) }, (_, index) =>
      names.slice(index * NAMED_AT_ONCE, (index + 1) * NAMED_AT_ONCE),
    );
    const listed = new Set<string>();
    for (const part of parts) {
      let cursor: string | null = null;
      do {
        const conversations = cursor === null ? Object.fromEntries(part) : {};
        const data = { epoch: this.#epoch ?? epoch, conversations, ...(cursor === null ? {} : { cursor }) };
        const answer = await connection.ask("resume", data, ANSWER_MS);
        if (generation !== this.#generation) return;
        if (answer.kind !== "ok") return connection.close();
        const resumed = answer.frame.data as unknown as WireResumed;
        for (const { id } of resumed.conversations) listed.add(id);
        for (const { id, reason } of resumed.gone) {
          this.#note({ text: `gone: ${reason}`, conversationId: id });
          this.replicas.delete(id);
        }
        cursor = resumed.next_cursor;
      } while (cursor !== null);
    }
    this.#epoch = epoch;
    this.#note({ text: `resumed with ${names.length} of ${listed.size} conversations` });
    for (const id of listed) if (!this.replicas.has(id) && !this.#loading.has(id)) void this.#load(id);
    this.#goLive();
    return undefined;
  }

  #goLive(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const event of early) this.#hearEvent(event);
    for (const outgoing of this.#outbox.values()) {
      outgoing.isInFlight = false;
      void this.#transmit(outgoing);
    }
  }

  #hear(frame: WireFrame): void {
    if (frame.type === "changes" && frame.conversation_id !== undefined)
      this.#hearChanges(frame.conversation_id, frame.data as unknown as WireChangeSet);
    else if (!isChangeEvent(frame)) return;
    else if (this.#early) this.#early.push(frame);
    else this.#hearEvent(frame);
  }

  #hearChanges(id: string, set: WireChangeSet): void {
    const { after, through, changes, reset } = set;
    this.#note({
      text: `changes after ${after} through ${through}${reset ? ", reset" : ""}`,
      conversationId: id,
      version: through,
    });
    if (reset) {
      this.replicas.delete(id);
      void this.#load(id, through);
      return;
    }
    const replica = this.replicas.get(id);
    if (!replica) return;
    for (const change of changes) {
      this.#deps.ledger().replayed.push({ client: this.name, conversationId: id, version: change.version, after });
      replica.applyChange(change);
    }
    replica.version = Math.max(replica.version, through);
  }

  #hearEvent(event: WireEvent): void {
    const id = event.conversation_id;
    const waiting = this.#loading.get(id);
    if (waiting) {
      waiting.push(event);
      return;
    }
    const replica = this.replicas.get(id);
    this.#see(event, replica?.version);
    const isOwnEnd = event.type === "member.removed" && subjectOf(event) === this.userId;
    if (!replica) {
      if (!isOwnEnd) void this.#load(id);
      return;
    }
    if (event.version <= replica.version) return;
    if (event.version > replica.version + 1) {
      // It should not happen, and the checker says so; the client mends it all the same.
      this.replicas.delete(id);
      void this.#load(id);
      return;
    }
    replica.applyEvent(event);
    if (isOwnEnd) this.replicas.delete(id);
  }

  #see(event: WireEvent, held: number | undefined): void {
    const { conversation_id: conversationId, version, type } = event;
    const subject = subjectOf(event);
    this.#deps.ledger().sightings.push({ client: this.name, conversationId, version, type, subject, held });
    this.#note({ text: `heard ${type}`, conversationId, subject, version });
  }

  async #load(id: string, version?: number): Promise<void> {
    const generation = this.#generation;
    const waiting: WireEvent[] = [];
    this.#loading.set(id, waiting);
    for (;;) {
      const result = await loadConversation(this.#deps.http, id, version);
      // The connection was lost meanwhile: what this has missed will be told by resuming, so it begins anew then.
      if (generation !== this.#generation || this.#loading.get(id) !== waiting) return;
      if (result.kind === "unknown") {
        await new Promise((resolve) => setTimeout(resolve, 50));
        if (generation !== this.#generation) return;
        continue;
      }
      if (result.kind === "ok") this.replicas.set(id, result.loaded.replica);
      this.#note({
        text: result.kind === "ok" ? `loaded at ${result.loaded.replica.version}` : "is not there to be loaded",
        conversationId: id,
      });
      break;
    }
    this.#loading.delete(id);
    for (const event of waiting) this.#hearEvent(event);
  }

  async #transmit(outgoing: Outgoing): Promise<void> {
    if (outgoing.isInFlight || !this.#connection) return;
    outgoing.isInFlight = true;
    const { fact, body } = outgoing;
    const generation = this.#generation;
    const answer = await this.#connection.ask("send_message", body, ANSWER_MS);
    if (answer.kind === "ok") return this.#acked(outgoing, answer.frame);
    if (answer.kind === "error" && isFinal(answer.code)) {
      fact.outcome = "refused";
      this.#note({ text: `send refused: ${answer.code}`, conversationId: fact.conversationId, subject: fact.id });
      this.#outbox.delete(fact.id);
      return undefined;
    }
    // A new connection sends what is in the outbox by itself.
    if (generation !== this.#generation) return undefined;
    await new Promise((resolve) => setTimeout(resolve, 100));
    outgoing.isInFlight = false;
    if (generation === this.#generation && this.#outbox.has(fact.id)) await this.#transmit(outgoing);
    return undefined;
  }

  #acked({ fact }: Outgoing, { data }: WireFrame): void {
    const message = data["message"] as WireMessage | undefined;
    fact.outcome = "acked";
    if (message && !fact.isScheduled) {
      fact.seq = message.seq;
      fact.ordinal = message.ordinal;
    }
    this.#outbox.delete(fact.id);
    const again = data["duplicate"] === true ? ", a duplicate" : "";
    this.#note({
      text: fact.isScheduled ? "scheduled" : `send acknowledged${again}`,
      conversationId: fact.conversationId,
      subject: fact.id,
      version: message?.seq,
    });
  }

  #note(noted: Omit<Noted, "who">): void {
    this.#deps.journal.note({ who: this.name, ...noted });
  }
}

/** What a change is about, as the log has it. */
function subjectOf({ type, data, conversation_id: conversationId }: WireEvent): string {
  if (type.startsWith("message.")) return String(data["id"]);
  if (type.startsWith("reaction.") || type.startsWith("pin.")) return String(data["message_id"]);
  if (type.startsWith("member.")) return (data as unknown as WireMember).user_id;
  return conversationId;
}
