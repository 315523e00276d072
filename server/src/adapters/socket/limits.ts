import type { Rate } from "../../domain/rates.ts";

/** Every bound of a socket, and its clocks. */
export interface SocketLimits {
  /** Sockets of this node; more are refused with 503. */
  readonly sockets: number;
  /** For the first frame to authenticate. */
  readonly authenticationMs: number;
  /** Silence after which a socket is closed with 4408. */
  readonly silenceMs: number;
  /** How often a client is to be heard, as it is told. */
  readonly heartbeatSeconds: number;
  /** How often all of this is looked at: one timer for all sockets. */
  readonly sweepMs: number;
  /** Bytes that may wait to be sent: past half of it signals are dropped, past all of it the socket is closed with 4409. */
  readonly budgetBytes: number;
  /** How long a client that resumes may take to read a part of what it is told. */
  readonly drainMs: number;
  /** Bytes of a `changes` frame, as far as its changes can be parted. */
  readonly replayBytes: number;
  /** Commands that are worked on at once for one socket; while there are more, nothing is read from it. */
  readonly commands: number;
  /** Frames of a client; more are a flood, which is closed with 4429. undefined: no bound. */
  readonly frames: Rate | undefined;
  /** Invalid frames; with the last one the socket is closed with 4400. */
  readonly invalidFrames: number;
  /** How long the peer may take to answer a close. */
  readonly closeMs: number;
  /** How long commands in flight may take when the node stops. */
  readonly stopMs: number;
}

export const SOCKET_LIMITS: SocketLimits = {
  sockets: 50_000,
  authenticationMs: 10_000,
  silenceMs: 60_000,
  heartbeatSeconds: 30,
  sweepMs: 1_000,
  budgetBytes: 2 * 1_048_576,
  drainMs: 30_000,
  replayBytes: 262_144,
  commands: 128,
  frames: { count: 100, seconds: 1, burst: 1_000 },
  invalidFrames: 10,
  closeMs: 5_000,
  stopMs: 5_000,
};
