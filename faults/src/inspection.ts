import type pg from "pg";
import type { Cast } from "./cast.ts";
import { check } from "./checker/check.ts";
import type { Comparison, UnreadFact, Violation } from "./checker/facts.ts";
import { checkKept, checkSends } from "./checker/kept.ts";
import { checkPlaces } from "./checker/order.ts";
import type { Client } from "./client/client.ts";
import { loadConversation } from "./client/http.ts";
import { readHeads, readTruth, withDatabase } from "./truth.ts";

const STABLE_ATTEMPTS = 8;
const POLL_MS = 40;
/** Whoever began to send a scheduled message and died is believed dead after a minute; then somebody else does it. */
const SCHEDULED_LIMIT_MS = 110_000;

export interface Recovery {
  /** Who has not everything, although the time is over. */
  readonly late: readonly string[];
  /** What was waited for, second by second. */
  readonly waitedFor: readonly string[];
}

/** Waits until every client has everything. */
export async function waitForAll(cast: Cast, databaseUrl: () => string, limitMs: number): Promise<Recovery> {
  const began = performance.now();
  const waitedFor: string[] = [];
  for (;;) {
    const late = await laggards(cast, databaseUrl).catch((error: unknown) => [
      `the database does not answer: ${String(error)}`,
    ]);
    const milliseconds = performance.now() - began;
    if (late.length === 0 || milliseconds > limitMs) return { late, waitedFor };
    if (milliseconds / 1_000 > waitedFor.length + 1) waitedFor.push(late.join("; "));
    await pause(POLL_MS);
  }
}

async function laggards({ clients, scene }: Cast, databaseUrl: () => string): Promise<string[]> {
  const late = clients.flatMap((client): string[] => {
    if (!client.isLive) return [`${client.name} is not connected`];
    if (client.unanswered > 0) return [`${client.name} waits for the answers to ${client.unanswered} sends`];
    return client.isLoading ? [`${client.name} is loading`] : [];
  });
  if (late.length > 0) return late;
  const heads = await withDatabase(databaseUrl(), (database) => readHeads(database, scene.conversationIds));
  return clients.flatMap((client) =>
    [...heads].flatMap(([id, { head }]) => {
      const replica = client.replicas.get(id);
      return !replica || replica.version === head
        ? []
        : [`${client.name} is at version ${replica.version} of ${head} in ${id}`];
    }),
  );
}

/** Compares everything while nothing moves. A scheduled message may be sent any time: then it is looked at again. */
export async function inspect(cast: Cast, databaseUrl: string): Promise<Violation[]> {
  return await withDatabase(databaseUrl, async (database) => {
    for (let attempt = 1; ; attempt += 1) {
      const before = await headsNow(database, cast);
      const violations = await inspectOnce(cast, database);
      if (violations.length === 0 || attempt === STABLE_ATTEMPTS) return violations;
      // What moved under the comparison is no violation; what is wrong stays wrong.
      if (before === (await headsNow(database, cast)) && attempt > 1) return violations;
      await pause(POLL_MS * attempt);
    }
  });
}

async function headsNow(database: pg.Client, { scene }: Cast): Promise<string> {
  return JSON.stringify([...(await readHeads(database, scene.conversationIds))].toSorted());
}

async function inspectOnce(cast: Cast, database: pg.Client): Promise<Violation[]> {
  const { clients, scene } = cast;
  const looks = await Promise.all(
    clients.flatMap((client) => scene.conversationIds.map((id) => lookAt(cast, client, id))),
  );
  const { sends, registers, sightings, replayed } = scene.ledger;
  return check({
    people: clients.map(({ name, userId }) => ({ client: name, userId })),
    founders: scene.founders,
    sends,
    registers,
    sightings,
    replayed,
    comparisons: looks.map(({ comparison }) => comparison),
    unread: looks.flatMap(({ unread }) => unread ?? []),
    truth: await readTruth(database, scene.conversationIds, false),
  });
}

const ABSENT: ReadonlyMap<string, string> = new Map([["membership", "not a member"]]);

async function lookAt(
  cast: Cast,
  client: Client,
  id: string,
): Promise<{ comparison: Comparison; unread?: UnreadFact }> {
  const result = await loadConversation(cast.direct(client.name), id);
  if (result.kind === "unknown") throw new Error(`a fresh look at ${id} by ${client.name} was not answered`);
  const fresh = result.kind === "ok" ? result.loaded : undefined;
  const comparison: Comparison = {
    client: client.name,
    conversationId: id,
    held: client.replicas.get(id)?.lines() ?? ABSENT,
    fresh: fresh?.replica.lines() ?? ABSENT,
  };
  if (!fresh) return { comparison };
  const { last_read_seq: lastReadSeq, unread_count: unreadCount } = fresh.conversation;
  const ackedReadSeq = cast.scene.ledger.ackedRead(client.name, id);
  return {
    comparison,
    unread: {
      client: client.name,
      conversationId: id,
      lastReadSeq: lastReadSeq ?? 0,
      unreadCount: unreadCount ?? 0,
      ackedReadSeq,
    },
  };
}

/** At the end of a run: all that was ever acknowledged, and every scheduled message, which have had their time by now. */
export async function inspectAll(cast: Cast, databaseUrl: string): Promise<Violation[]> {
  const ids = cast.scenes.flatMap(({ conversationIds }) => conversationIds);
  return await withDatabase(databaseUrl, async (database) => {
    await waitForScheduled(database, ids);
    const truth = await readTruth(database, ids, true);
    const sends = new Map(cast.scenes.flatMap(({ ledger }) => [...ledger.sends]));
    const registers = new Map(cast.scenes.flatMap(({ ledger }) => [...ledger.registers]));
    return [...checkSends({ sends, registers, truth }), ...checkKept({ registers, truth }), ...checkPlaces(truth)];
  });
}

async function waitForScheduled(database: pg.Client, conversationIds: readonly string[]): Promise<void> {
  const deadline = performance.now() + SCHEDULED_LIMIT_MS;
  for (;;) {
    const { rows } = await database.query<{ count: number }>(
      "SELECT count(*) FROM scheduled_messages WHERE conversation_id = ANY ($1::uuid[]) AND status IN ('pending', 'sending')",
      [conversationIds],
    );
    if (rows[0]?.count === 0 || performance.now() > deadline) return;
    await pause(250);
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
