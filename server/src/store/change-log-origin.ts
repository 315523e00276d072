import type { Reader, Transactor, Writer } from "./database.ts";

/**
 * Transaction ids mean something only in the PostgreSQL cluster that gave them. A log that was dumped and restored into another one
 * has ids, and followers have cursors, that there lie in the future: followers would wait for them for ever, and pass over what
 * is written meanwhile.
 *
 * Where this is so, gives the log ids of this cluster: followers go on, at most with some changes that they had handled, and the instance
 * has a new epoch, since commits may have been lost. Answers whether it was. Otherwise one look at an index. Call it before anything
 * is written; several nodes may.
 */
export async function adoptLog(db: Reader & Transactor): Promise<boolean> {
  if (!(await isForeign(db))) return false;
  return await db.transaction(async (tx) => {
    // It may take longer than a statement usually may: the whole log is written anew.
    await tx.execute({ text: "SET LOCAL statement_timeout = 0" });
    await tx.execute({ text: "LOCK TABLE follower_cursors IN SHARE ROW EXCLUSIVE MODE" });
    if (!(await isForeign(tx))) return false;
    await rewriteIds(tx);
    await tx.execute({ text: "UPDATE instance SET value = gen_random_uuid()::text WHERE key = 'epoch'" });
    return true;
  });
}

/** Index changes_xid. What was committed before a snapshot was taken has ids below its xmax. */
async function isForeign(db: Reader): Promise<boolean> {
  const [row] = await db.query<{ is_foreign: boolean }>({
    name: "is_log_foreign",
    text: `SELECT EXISTS (SELECT FROM changes WHERE xid >= pg_snapshot_xmax(s))
             OR EXISTS (SELECT FROM follower_cursors WHERE next_xid > pg_snapshot_xmax(s)) AS is_foreign FROM pg_current_snapshot() s`,
  });
  return row?.is_foreign ?? false;
}

/** What all followers have handled goes to the beginning; the rest is as if this transaction had written it. */
async function rewriteIds(tx: Writer): Promise<void> {
  await tx.execute({
    text: `WITH place AS MATERIALIZED (
             SELECT pg_snapshot_xmax(pg_current_snapshot()) AS future, coalesce((SELECT min(next_xid) FROM follower_cursors), '0') AS handled)
           UPDATE changes c SET xid = CASE WHEN c.xid < p.handled THEN '0'::xid8 ELSE pg_current_xact_id() END
           FROM place p WHERE c.xid >= p.future`,
  });
  await tx.execute({ text: "UPDATE follower_cursors SET next_xid = pg_current_xact_id()" });
}
