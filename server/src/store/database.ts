/**
 * What the store's readers and writers speak to. Readers take a `Reader`, writers a `Writer`, so a function that
 * only reads cannot be handed the means to write by accident, and a writer can only run inside a transaction.
 */

export interface Statement {
  /** Given a name, the statement is prepared once per connection. The name must belong to this text alone. */
  readonly name?: string;
  readonly text: string;
  readonly values?: readonly unknown[];
}

export interface Reader {
  /** The rows, with the column names as keys. int8 arrives as number, timestamptz as Date (see postgres/types.ts). */
  query<R>(statement: Statement): Promise<R[]>;
}

export interface Writer extends Reader {
  readonly writes: true;
  /** Runs a statement whose rows nobody needs; answers how many rows it touched. */
  execute(statement: Statement): Promise<number>;
}

export interface TransactionOptions {
  /** Default `read committed`: the locks are taken in SQL, on purpose, where they are needed. */
  readonly isolation?: "read committed" | "repeatable read" | "serializable";
  /** How often the work is started before its error is passed on. Default 5. */
  readonly attempts?: number;
}

export interface Transactor {
  /**
   * Runs `work` in one transaction and commits it. Serialization failures, deadlocks and a connection that turns out
   * to be dead at BEGIN start the work over, a bounded number of times, so `work` must have no effect outside of the
   * transaction. A connection lost at COMMIT is never retried: nobody knows whether it was committed.
   */
  transaction<T>(work: (tx: Writer) => Promise<T>, options?: TransactionOptions): Promise<T>;
}

/** One connection for one owner (a committer lane, a listener). Not for concurrent use: await each call. */
export interface DedicatedConnection extends Writer, Transactor, AsyncDisposable {
  /** Aborted when the connection is lost or closed; its owner then connects anew. */
  readonly lost: AbortSignal;
  /** Calls `handler` with the payload of every NOTIFY on the channel until the connection ends. */
  listen(channel: string, handler: (payload: string) => void): Promise<void>;
  close(): Promise<void>;
}

export interface ConnectOptions {
  /** A statement that takes longer is given up, in milliseconds; default that of the pool's transactions. */
  readonly statementMs?: number;
}

export interface Database extends Reader, Transactor, AsyncDisposable {
  /** For libraries that make their own connections. Holds the password: never log it. */
  readonly connectionString: string;
  /** Several reads on one snapshot: repeatable read, read only. */
  snapshot<T>(work: (reader: Reader) => Promise<T>): Promise<T>;
  connect(options?: ConnectOptions): Promise<DedicatedConnection>;
  close(): Promise<void>;
}
