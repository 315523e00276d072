import type { ReplyBody } from "./replies.ts";

/** A command that is to be carried out. */
export interface OrderedCommand {
  /** Commands with the same key take effect and are answered one after the other; undefined: in any order. */
  readonly key: string | undefined;
  /** The next such command of the key may begin as soon as this one has its place in the committer's queue. */
  readonly isPipelined: boolean;
  /** Carries it out; calls `queued` when it has its place. Never rejects. */
  readonly work: (queued: () => void) => Promise<ReplyBody>;
  /** Called once, in the order of the key. */
  readonly answer: (reply: ReplyBody) => void;
}

interface Turn {
  readonly command: OrderedCommand;
  isStarted: boolean;
  isQueued: boolean;
  reply: ReplyBody | undefined;
}

/**
 * Keeps the commands of one socket in order, by key (its conversations). Sends in a row are not waited for one by one: each
 * begins when the one before it is in the queue, so that they are written together, and they are answered in their order.
 *
 * Bounded by whoever submits: the socket reads no more while too many are under way.
 */
export class CommandOrder {
  readonly #lines = new Map<string, Turn[]>();

  submit(command: OrderedCommand): void {
    const turn: Turn = { command, isStarted: false, isQueued: false, reply: undefined };
    const { key } = command;
    if (key === undefined) {
      this.#start(undefined, [turn], turn);
      return;
    }
    const line = this.#lines.get(key) ?? [];
    if (line.length === 0) this.#lines.set(key, line);
    line.push(turn);
    this.#advance(key, line);
  }

  #advance(key: string | undefined, line: Turn[]): void {
    while (line[0]?.reply) {
      const { command, reply } = line.shift() as Turn & { reply: ReplyBody };
      command.answer(reply);
    }
    if (key === undefined) return;
    if (line.length === 0) {
      this.#lines.delete(key);
      return;
    }
    for (const [index, turn] of line.entries()) {
      if (turn.isStarted) continue;
      const before = line[index - 1];
      if (before && !(turn.command.isPipelined && before.command.isPipelined && before.isQueued)) return;
      this.#start(key, line, turn);
    }
  }

  #start(key: string | undefined, line: Turn[], turn: Turn): void {
    turn.isStarted = true;
    const queued = (): void => {
      if (turn.isQueued) return;
      turn.isQueued = true;
      if (line.at(-1) !== turn) this.#advance(key, line);
    };
    void this.#finish(key, line, turn, turn.command.work(queued));
  }

  async #finish(key: string | undefined, line: Turn[], turn: Turn, work: Promise<ReplyBody>): Promise<void> {
    turn.reply = await work;
    turn.isQueued = true;
    this.#advance(key, line);
  }
}
