import { notFound, ParleyError } from "@parley/protocol";
import type { CommittedChange } from "../changes.ts";
import type { DedicatedConnection, Writer } from "../database.ts";
import { isConflict, isConnectionLoss, isCutShort } from "../postgres/errors.ts";
import { HeadBook, LockedChange, lockHeads } from "./change-writer.ts";
import type { ChangeOperation } from "./lane-queue.ts";

export interface ChangesResult {
  /** Committed, in order. */
  readonly changes: CommittedChange[];
  /** How to answer each operation that is done. The others have to be tried again: their head was held, or all was rolled back. */
  readonly settled: [ChangeOperation, (operation: ChangeOperation) => void][];
}

/**
 * Runs several changes in one transaction, each behind a savepoint of its own: work that throws undoes only itself.
 * Work that is rolled back with the transaction is run again later, so it must have no effect outside of it.
 */
export async function commitChanges(
  connection: DedicatedConnection,
  operations: readonly ChangeOperation[],
  wait: boolean,
): Promise<ChangesResult> {
  const result: ChangesResult = { changes: [], settled: [] };
  try {
    await connection.execute({ text: "BEGIN" });
    await runAll(connection, operations, wait, result);
  } catch (error) {
    await connection.execute({ text: "ROLLBACK" }).catch(() => undefined);
    return rolledBack(operations, error);
  }
  try {
    await connection.execute({ text: "COMMIT" });
  } catch (error) {
    await connection.execute({ text: "ROLLBACK" }).catch(() => undefined);
    return unknownEnd(operations, error);
  }
  return result;
}

async function runAll(
  tx: Writer,
  operations: readonly ChangeOperation[],
  wait: boolean,
  result: ChangesResult,
): Promise<void> {
  const existing = operations
    .filter((operation) => !operation.options.create)
    .map((operation) => operation.conversationId);
  const heads = new HeadBook(existing.length > 0 ? await lockHeads(tx, [...new Set(existing)].toSorted(), wait) : []);
  const alone = operations.length === 1;
  for (const operation of operations) {
    if (!alone) await tx.execute({ text: "SAVEPOINT change" });
    try {
      const head = await heads.open(tx, operation.conversationId, operation.options.create ?? false);
      if (!head) {
        await settleUnlocked(tx, operation, result);
        continue;
      }
      const change = new LockedChange(tx, head);
      const value = await operation.work(change);
      const finished = await change.finish();
      heads.set(finished.head);
      result.changes.push(...finished.changes);
      result.settled.push([operation, () => operation.resolve(value)]);
    } catch (error) {
      if (isConflict(error) || isConnectionLoss(error) || isCutShort(error)) throw error;
      if (alone) throw new AloneError(error);
      await tx.execute({ text: "ROLLBACK TO SAVEPOINT change" });
      if (operation.options.create) heads.delete(operation.conversationId);
      result.settled.push([operation, () => operation.reject(error)]);
    }
  }
}

/** The head was not locked: either somebody has it, or there is no such conversation. Only the latter is an answer. */
async function settleUnlocked(tx: Writer, operation: ChangeOperation, result: ChangesResult): Promise<void> {
  const [found] = await tx.query<{ found: boolean }>({
    name: "head_exists",
    text: "SELECT true AS found FROM conversation_heads WHERE conversation_id = $1",
    values: [operation.conversationId],
  });
  if (!found) result.settled.push([operation, () => operation.reject(notFound("conversation"))]);
}

/** Marks the error of work that was alone in its transaction, where a rollback of everything does for the savepoint. */
class AloneError extends Error {
  constructor(cause: unknown) {
    super("the work failed", { cause });
  }
}

function rolledBack(operations: readonly ChangeOperation[], error: unknown): ChangesResult {
  const empty: ChangesResult = { changes: [], settled: [] };
  const [only] = operations;
  if (error instanceof AloneError && only) return { ...empty, settled: [[only, () => only.reject(error.cause)]] };
  if (isConflict(error) || isConnectionLoss(error) || isCutShort(error)) return empty;
  return { ...empty, settled: operations.map((operation) => [operation, () => operation.reject(error)]) };
}

/** The connection broke at COMMIT: it may have happened. Only the caller can tell, by looking. */
function unknownEnd(operations: readonly ChangeOperation[], cause: unknown): ChangesResult {
  const unknown = new ParleyError("overloaded", {
    detail:
      "The database connection was lost while the change was being committed. Read the present state before you try again.",
    retryAfterSeconds: 1,
    cause,
  });
  return { changes: [], settled: operations.map((operation) => [operation, () => operation.reject(unknown)]) };
}
