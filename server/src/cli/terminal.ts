import type { Variables } from "../config/env.ts";

/** What a command sees of the process it runs in. */
export interface Terminal {
  readonly arguments: readonly string[];
  readonly variables: Variables;
  /** Whether a person looks at the output. */
  readonly isInteractive: boolean;
  /** One line of result. */
  write(line: string): void;
  /** One line about what went wrong or goes on, apart from the result. */
  complain(line: string): void;
  /** Resolves with the signal's name when the process is asked to stop. */
  stopSignal(): Promise<string>;
  /** Calls the handler for errors nobody caught. */
  onFault(handler: (error: unknown) => void): void;
}

/** A command's answer: the exit code. */
export type Outcome = Promise<number>;

/** Known failures carry a message for the operator; anything else is a fault and shows its stack. */
export class CommandError extends Error {}
