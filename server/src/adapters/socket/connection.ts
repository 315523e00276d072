import { CLOSE_CODES, type CloseName } from "@parley/protocol";
import type { WebSocket } from "ws";
import { chargeOne, waitOf } from "../../domain/rates.ts";
import type { EndReason, Session, Sink } from "../../realtime/audience.ts";
import type { Frame } from "../../realtime/frames.ts";
import { CommandOrder } from "./command-order.ts";
import type { SocketLimits } from "./limits.ts";
import { Outbox, type Flusher } from "./outbox.ts";
import { frameReply, type EncodedReply, type ReplyBody } from "./replies.ts";
import { bytesOf, encoded, type Framed } from "./wire.ts";

/** What all connections of a node share. */
export interface ConnectionShare {
  readonly limits: SocketLimits;
  readonly flusher: Flusher;
  /** Milliseconds of a clock that nobody sets: a node whose clock is put right must not close sockets. */
  readonly ticks: () => number;
  readonly onDropped: () => void;
  readonly onSlow: () => void;
}

/** How often it is looked at whether the client has read what it was sent. */
const POLL_MS = 10;

/** One socket. Small, since there are many: no timer and no closure of its own. */
export class Connection implements Sink {
  readonly socket: WebSocket;
  readonly address: string;
  readonly outbox: Outbox;
  /** The user a service token speaks for, as the request that opened the socket said. */
  readonly actAs: string | undefined;
  /** Set once the socket is authenticated. */
  session: Session | undefined;
  lastHeardAt: number;
  /** When it ends unless it is authenticated before, in ticks. */
  readonly #authenticatedBy: number;
  /** When its token ends, in milliseconds since the epoch; undefined until it is authenticated. */
  endsAt: number | undefined;
  /** Who it is, is being looked at: frames wait. */
  isAuthenticating = false;
  /** Nothing more is taken from the client: it is being closed, or the node stops. */
  isDeaf = false;
  /** Reading was stopped. */
  isPaused = false;
  /** Commands under way. */
  inFlight = 0;
  /** Frames that were read before reading could be stopped. */
  held: Buffer[] | undefined;
  /** The code with which this side closed it. */
  closedWith: number | undefined;
  readonly #share: ConnectionShare;
  #order: CommandOrder | undefined;
  #framesDue = 0;
  #invalidFrames = 0;
  /** Bytes of a replay that the client has asked for: they do not make it slow. */
  #replaying = 0;
  #isTooSlow = false;

  constructor(
    socket: WebSocket,
    from: { readonly address: string; readonly actAs: string | undefined },
    share: ConnectionShare,
  ) {
    this.socket = socket;
    this.address = from.address;
    this.actAs = from.actAs;
    this.outbox = new Outbox(socket, share.flusher);
    this.lastHeardAt = share.ticks();
    this.#authenticatedBy = this.lastHeardAt + share.limits.authenticationMs;
    this.#share = share;
  }

  /** Made with the first command: a socket that only listens needs none. */
  get order(): CommandOrder {
    return (this.#order ??= new CommandOrder());
  }

  get isBusy(): boolean {
    return this.isAuthenticating || this.inFlight >= this.#share.limits.commands;
  }

  push(frame: Frame): void {
    if (this.#isOver) return;
    const { limits, onDropped } = this.#share;
    const waiting = this.outbox.waiting - this.#replaying;
    if (waiting > limits.budgetBytes / 2 && frame.kind !== "change") onDropped();
    else if (waiting > limits.budgetBytes) this.#tooSlow();
    else this.#add(encoded(frame));
  }

  /** Answers a command. */
  reply(reply: ReplyBody, id: string | undefined): void {
    if (this.#isOver) return;
    if (this.outbox.waiting - this.#replaying > this.#share.limits.budgetBytes) this.#tooSlow();
    else this.#add(frameReply(reply, id));
  }

  /** Sends a part of what a client has missed, when it has taken the parts before. False: it takes too long, and is closed. */
  async replay(reply: EncodedReply, id: string | undefined): Promise<boolean> {
    if (!(await this.#drained())) return false;
    this.#replaying += this.#add(frameReply(reply, id));
    return true;
  }

  #add(frame: Framed): number {
    const bytes = bytesOf(frame);
    this.outbox.add(frame, bytes);
    return bytes;
  }

  /** Reads no more until `resumeReading`. */
  pauseReading(): void {
    if (this.isPaused) return;
    this.isPaused = true;
    this.socket.pause();
  }

  resumeReading(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.socket.resume();
  }

  end(reason: EndReason): void {
    this.close(reason);
  }

  /** Says why and closes it. Doing it again is nothing. */
  close(name: CloseName): void {
    if (this.closedWith !== undefined) return;
    this.closedWith = CLOSE_CODES[name];
    this.isDeaf = true;
    this.held = undefined;
    this.outbox.flush();
    this.socket.close(this.closedWith, name);
    // Its answer to the close has to be read.
    this.resumeReading();
  }

  /** Counts a frame. False: they are too many. */
  admitFrame(): boolean {
    const { limits, ticks } = this.#share;
    if (!limits.frames) return true;
    const at = ticks();
    if (waitOf(this.#framesDue, at, limits.frames) > 0) return false;
    this.#framesDue = chargeOne(this.#framesDue, at, limits.frames);
    return true;
  }

  /** Counts an invalid frame. False: it was the last. */
  admitInvalidFrame(): boolean {
    this.#invalidFrames += 1;
    return this.#invalidFrames < this.#share.limits.invalidFrames;
  }

  /** What the passing of time has come to: the reason to close it, if there is one. */
  overdue({ now, ticks }: { readonly now: number; readonly ticks: number }): CloseName | undefined {
    if (this.#isOver) return undefined;
    if (this.endsAt === undefined ? ticks >= this.#authenticatedBy : now >= this.endsAt) return "unauthenticated";
    if (ticks - this.lastHeardAt > this.#share.limits.silenceMs) return "heartbeat";
    return undefined;
  }

  get #isOver(): boolean {
    return this.#isTooSlow || this.closedWith !== undefined;
  }

  /** The hub may be in the middle of telling many: the socket is closed when it is done. */
  #tooSlow(): void {
    this.#isTooSlow = true;
    this.isDeaf = true;
    this.outbox.discard();
    this.#share.onSlow();
    setImmediate(() => this.close("slow_consumer"));
  }

  async #drained(): Promise<boolean> {
    const { limits, ticks } = this.#share;
    const until = ticks() + limits.drainMs;
    while (this.outbox.waiting > limits.budgetBytes / 4) {
      if (!this.#isOver && ticks() > until) this.#tooSlow();
      if (this.#isOver) return false;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    this.#replaying = 0;
    return !this.#isOver;
  }
}
