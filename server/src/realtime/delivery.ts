import type { UserId } from "../domain/ids.ts";
import { Gate } from "../services/gate.ts";
import type { CommittedChange } from "../store/changes.ts";
import type { Reader } from "../store/database.ts";
import { readChangesAfter } from "../store/live-conversations.ts";
import type { MemberRow } from "../store/members.ts";
import type { Audience, Stream } from "./audience.ts";
import { tellAll, tellChange } from "./fan-out.ts";
import { noteMember } from "./memberships.ts";
import { skippedFrame, type ChangePresenter, type PresentedChange } from "./present-changes.ts";
import type { StreamFacts } from "./stream-facts.ts";

export interface DeliveryDeps {
  readonly db: Reader;
  readonly audience: Audience;
  readonly presenter: ChangePresenter;
  readonly facts: StreamFacts;
  /** After a change was told: to how many sessions. */
  readonly onTold: (change: CommittedChange, sessions: number) => void;
  readonly onTrouble: (error: unknown, message: string) => void;
}

/** Changes of a stream that may wait with what the committer said of them; of more only the highest version is kept. */
const MAX_PENDING = 512;
/** Changes that are read and presented at once. */
const MAX_RUN = 100;
/** Streams that are read for at once: the rest of the node needs connections too. */
const MAX_READINGS = 4;
/** The same where nothing but a sender is missing: senders are looked up together. */
const MAX_LOOKUPS = 64;
const LONGEST_PAUSE_MS = 2_000;

/** A version with what is known of it: nothing, where the log holds it no more. */
interface Place {
  readonly version: number;
  readonly change: CommittedChange | undefined;
}

/**
 * Delivers each conversation's changes strictly in the order of their versions (DESIGN 2.8). What comes in order and can be told
 * without asking is told at once; everything else waits until what is missing was read from PostgreSQL.
 */
export class Delivery {
  readonly #deps: DeliveryDeps;
  readonly #readings = new Gate({ width: MAX_READINGS });
  readonly #lookups = new Gate({ width: MAX_LOOKUPS });
  /** Streams that are behind. */
  readonly #behind = new Set<Stream>();
  #isStopped = false;

  constructor(deps: DeliveryDeps) {
    this.#deps = deps;
  }

  /** Changes that are known of and not yet delivered. */
  get lag(): number {
    let sum = 0;
    for (const stream of this.#behind) sum += Math.max(0, stream.target - stream.last);
    return sum;
  }

  /** A change is committed, and this is what is known of it. It is delivered in its turn. */
  take(stream: Stream, change: CommittedChange): void {
    if (change.version <= stream.last) return;
    const pending = (stream.pending ??= new Map());
    if (pending.size < MAX_PENDING) pending.set(change.version, change);
    this.reach(stream, change.version);
  }

  /** There is a change of this version, and nothing more is known of it. */
  reach(stream: Stream, version: number): void {
    if (version > stream.target) stream.target = version;
    stream.isQuiet = false;
    if (stream.isBusy || stream.isEnded || this.#isStopped) return;
    this.#tellReady(stream);
    if (stream.last < stream.target && !stream.isEnded) void this.#catchUp(stream);
  }

  /** Nothing is delivered any more. */
  stop(): void {
    this.#isStopped = true;
  }

  /** The usual case: the next change is here, and everything is known of it. */
  #tellReady(stream: Stream): void {
    if (!stream.isKnown) return;
    while (!stream.isEnded) {
      const change = stream.pending?.get(stream.last + 1);
      const told = change && this.#deps.presenter.presentNow(change, stream.history !== "all");
      if (!told) return;
      this.#tell(stream, change, told);
    }
  }

  async #catchUp(stream: Stream): Promise<void> {
    const { audience, onTrouble } = this.#deps;
    stream.isBusy = true;
    this.#behind.add(stream);
    let failures = 0;
    while (stream.last < stream.target && !stream.isEnded && !this.#isStopped) {
      try {
        await this.#gateOf(stream).run(() => this.#step(stream));
        this.#tellReady(stream);
        failures = 0;
      } catch (error) {
        failures += 1;
        onTrouble(error, "the hub could not read what it owes to the followers of a conversation; it tries again");
        await new Promise((resolve) => setTimeout(resolve, Math.min(LONGEST_PAUSE_MS, 25 * 2 ** failures)));
      }
    }
    stream.isBusy = false;
    this.#behind.delete(stream);
    audience.release(stream);
  }

  #gateOf(stream: Stream): Gate {
    const next = stream.pending?.get(stream.last + 1);
    return stream.isKnown && next?.message && next.type === "message.created" ? this.#lookups : this.#readings;
  }

  async #step(stream: Stream): Promise<void> {
    const { facts, presenter } = this.#deps;
    if (!stream.isKnown) await facts.learn(stream);
    if (!facts.hasAudience(stream)) this.#passOver(stream);
    if (stream.isEnded || stream.last >= stream.target) return;
    const places = await this.#nextPlaces(stream);
    const changes = places.flatMap(({ change }) => change ?? []);
    const gathered = await facts.follow(stream, changes);
    const isHeard = facts.hasAudience(stream) || gathered.length > 0 || changes.some((change) => this.#brings(change));
    const told = isHeard ? await presenter.present(stream.id, changes) : [];
    const byVersion = new Map(told.map((each) => [each.change.version, each]));
    for (const { version, change } of places) {
      if (stream.isEnded) return;
      const each = byVersion.get(version);
      if (!change || !each) this.#skip(stream, version);
      else {
        if (gathersAll(change)) for (const member of gathered) this.#join(stream, member);
        this.#tell(stream, change, each);
      }
    }
  }

  /** Nobody listens: on to the change that may bring somebody, or to the end. */
  #passOver(stream: Stream): void {
    let next = stream.target + 1;
    for (const change of stream.pending?.values() ?? []) {
      if (change.version < next && (gathersAll(change) || this.#brings(change))) next = change.version;
    }
    for (const version of [...(stream.pending?.keys() ?? [])]) if (version < next) stream.pending?.delete(version);
    stream.last = Math.max(stream.last, next - 1);
  }

  /** The next changes without a hole: those that wait, or else from the log. */
  async #nextPlaces(stream: Stream): Promise<Place[]> {
    const waiting: Place[] = [];
    while (waiting.length < MAX_RUN) {
      const version = stream.last + 1 + waiting.length;
      const change = stream.pending?.get(version);
      if (!change) break;
      waiting.push({ version, change });
    }
    if (waiting.length > 0) return waiting;
    const goal = stream.target;
    const read = await readChangesAfter(this.#deps.db, stream.id, stream.last, MAX_RUN);
    const end = read.at(-1)?.version ?? stream.last;
    // What was told before the reading is committed, so it can be read: a version beyond the log was never there.
    if (read.length < MAX_RUN && stream.target === goal) stream.target = end;
    else stream.target = Math.max(stream.target, end);
    const byVersion = new Map(read.map((change) => [change.version, change]));
    return Array.from({ length: end - stream.last }, (_, index) => {
      const version = stream.last + 1 + index;
      return { version, change: stream.pending?.get(version) ?? byVersion.get(version) };
    });
  }

  /** The log was pruned there: what the change was about has changed again, and comes with its later version. */
  #skip(stream: Stream, version: number): void {
    const frame = skippedFrame({ conversationId: stream.id, version, at: new Date() });
    tellAll(this.#deps.audience, stream, frame);
    stream.last = version;
  }

  #tell(stream: Stream, change: CommittedChange, told: PresentedChange): void {
    const { audience, onTold } = this.#deps;
    const { type, version } = change;
    if (told.member) {
      this.#join(stream, told.member, type === "member.added");
      // Read late, the row may have been changed again: they hear everything up to that, which may be that they left.
      stream.target = Math.max(stream.target, told.member.version);
    }
    stream.last = version;
    stream.pending?.delete(version);
    if (stream.pending?.size === 0) stream.pending = undefined;
    if (type === "message.created" && told.message)
      stream.messageCount = Math.max(stream.messageCount ?? 0, told.message.ordinal);
    onTold(change, tellChange(audience, stream, told));
    if (type.startsWith("member.")) stream.memberCount = undefined;
    // Only now, so that they hear of it, and of nothing after it.
    if (type === "member.removed") this.#part(stream, change);
    if (type === "conversation.deleted") audience.end(stream);
  }

  /** The member hears the conversation from the next change on (`begins`), and what the history rules hide from them is noted. */
  #join(stream: Stream, member: MemberRow, begins = true): void {
    const { audience } = this.#deps;
    const user = audience.users.get(member.userId);
    if (!user) return;
    if (begins) audience.subscribe(stream, user);
    if (stream.has(user)) noteMember(stream, user.id, member);
  }

  #part(stream: Stream, change: CommittedChange): void {
    const { audience } = this.#deps;
    const user = audience.users.get(change.subjectId as UserId);
    if (!user) return;
    audience.unsubscribe(stream, user);
    user.leftWhileLoading?.set(stream.id, change.version);
    audience.release(stream);
  }

  /** Somebody who is online becomes a member by it. */
  #brings({ type, subjectId }: CommittedChange): boolean {
    return type === "member.added" && this.#deps.audience.users.has(subjectId as UserId);
  }
}

/** Everyone who is a member begins to hear the conversation. */
function gathersAll({ type }: CommittedChange): boolean {
  return type === "conversation.created" || type === "conversation.restored";
}
