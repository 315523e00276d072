import { LIMITS, type GoneReason } from "@parley/protocol";
import type { Caller } from "../../domain/caller.ts";
import type { ConversationId } from "../../domain/ids.ts";
import type { Database } from "../../store/database.ts";
import { readResumed, type ResumedAnswer, type ResumedAsk } from "../../store/views/resumed-conversations.ts";
import { Gathering } from "../gathering.ts";
import { readContents, type Content, type Contents, type Wanted } from "./content.ts";
import { goneReasonOf, sightOf, type Sight } from "./sight.ts";

/** What one client wants to know in one round. */
export interface RoundAsk {
  readonly caller: Caller;
  /** The conversations it names, with the version that it holds of each. */
  readonly named: ReadonlyMap<ConversationId, number>;
  readonly page: ResumedAsk["page"];
  /** The present epoch, and whether the versions are from it. */
  readonly epoch: string;
  readonly isForeign: boolean;
}

/** What is to be replayed of one conversation. */
export interface Found {
  readonly sight: Sight;
  /** The version that the client holds. */
  readonly after: number;
  /** undefined: the client is to load it anew. */
  readonly content: Content | undefined;
}

export interface Round {
  /** In the order of the naming; conversations that are current are not in it. */
  readonly found: readonly Found[];
  /** Conversations seen without being a member. */
  readonly beside: readonly Sight[];
  readonly gone: readonly { readonly id: ConversationId; readonly reason: GoneReason }[];
  /** What did not fit: to be asked for in a further round. */
  readonly rest: ReadonlyMap<ConversationId, number>;
  /** The page, deleted conversations too. */
  readonly listed: ResumedAnswer["listed"];
}

export interface RoundsDeps {
  readonly db: Pick<Database, "snapshot">;
  readonly contents: Contents;
  /** Snapshots read at once. */
  readonly width: number;
  /** Clients that may wait for their turn. */
  readonly maxWaiting: number;
}

/** Conversations that one snapshot looks at, about; a client that asks for a page counts as at least so many. */
const MAX_CONVERSATIONS = 1_500;
const PAGE_WEIGHT = 30;
/** Versions that one client is told of in a round, and that one snapshot reads for all of its clients; one conversation always goes. */
const CLIENT_VERSIONS = LIMITS.replayedChanges;
const SNAPSHOT_VERSIONS = 2_500;

/** Rounds of many clients: each snapshot serves all who wait, by about five statements, however many conversations they name. */
export function createRounds({ db, contents, width, maxWaiting }: RoundsDeps): Gathering<RoundAsk, Round> {
  return new Gathering({ width, maxWaiting, maxWeight: MAX_CONVERSATIONS, weigh: weightOf, serve });

  async function serve(asks: readonly RoundAsk[]): Promise<Round[]> {
    const { plans, read } = await db.snapshot(async (reader) => {
      const answers = await readResumed(
        reader,
        asks.map(({ caller, named, page }) => ({ userId: caller.userId, named: [...named.keys()], page })),
      );
      const shelf = new Shelf(contents);
      const plans = asks.map((ask, index) => planOf(ask, answers[index] as ResumedAnswer, shelf));
      return { plans, read: await readContents(reader, shelf.wanted) };
    });
    const epoch = asks[0]?.epoch ?? "";
    const made = await contents.keep(epoch, read);
    return plans.map(({ found, ...round }) => ({
      ...round,
      found: found.map(({ kept, isReset, ...each }) => ({
        ...each,
        content: isReset ? undefined : (kept ?? made.get(each.sight.row.id)),
      })),
    }));
  }
}

function weightOf({ named, page }: RoundAsk): number {
  return Math.max(named.size, page ? PAGE_WEIGHT : 1);
}

interface Planned {
  readonly sight: Sight;
  readonly after: number;
  readonly isReset: boolean;
  readonly kept: Content | undefined;
}

type Plan = Omit<Round, "found"> & { readonly found: readonly Planned[] };

/** What one snapshot reads of contents, within its bound. */
class Shelf {
  readonly #contents: Contents;
  readonly #wanted = new Map<ConversationId, Wanted>();
  #versions = 0;

  constructor(contents: Contents) {
    this.#contents = contents;
  }

  get wanted(): readonly Wanted[] {
    return [...this.#wanted.values()];
  }

  /** The content if it is kept, or true where it will be read; false where that is too much for this snapshot. */
  take(epoch: string, wanted: Wanted, weight: number): Content | boolean {
    const kept = this.#contents.find(epoch, wanted);
    if (kept) return kept;
    const known = this.#wanted.get(wanted.conversationId);
    if (known && known.after <= wanted.after) return true;
    if (this.#versions > 0 && this.#versions + weight > SNAPSHOT_VERSIONS) return false;
    this.#versions += weight;
    this.#wanted.set(wanted.conversationId, wanted);
    return true;
  }
}

function planOf(ask: RoundAsk, { named, listed }: ResumedAnswer, shelf: Shelf): Plan {
  const found: Planned[] = [];
  const beside: Sight[] = [];
  const gone: { id: ConversationId; reason: GoneReason }[] = [];
  const rest = new Map<ConversationId, number>();
  let weighed = 0;
  for (const [id, after] of ask.named) {
    const row = named.get(id);
    const sight = row && sightOf(ask.caller, row);
    if (!sight) {
      gone.push({ id, reason: goneReasonOf(row) });
      continue;
    }
    const { head, version } = sight.row;
    const isReset = mustReset(ask, sight, after);
    const wanted = { conversationId: id, after, head, version };
    const weight = isReset ? 0 : weightOfStretch(wanted);
    const taken =
      weight === 0 || ((weighed === 0 || weighed + weight <= CLIENT_VERSIONS) && shelf.take(ask.epoch, wanted, weight));
    if (!taken) {
      rest.set(id, after);
      continue;
    }
    weighed += weight;
    if (sight.footing !== "member") beside.push(sight);
    if (isReset || weight > 0) found.push({ sight, after, isReset, kept: taken === true ? undefined : taken });
  }
  return { found, beside, gone, rest, listed };
}

/** How much there is to be told. The first version of a conversation brings all of its members, who may be thousands. */
function weightOfStretch({ after, head }: Wanted): number {
  return after === 0 && head > 0 ? CLIENT_VERSIONS : head - after;
}

/** The version is not of this epoch or beyond the head, what is seen has changed since, or it is too far behind. */
function mustReset(ask: RoundAsk, { row, since }: Sight, after: number): boolean {
  if (ask.isForeign || after > row.head) return true;
  if (after === row.head) return false;
  return (after > 0 && after < since) || row.head - after > LIMITS.replayedChanges;
}
