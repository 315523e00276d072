import { pause } from "../deferred.ts";
import { ANSWER_LIMIT_MS, type Field } from "../field.ts";
import { count } from "../tally.ts";
import type { Person } from "../world.ts";
import { openSocket, upgradeHeaders, type FuzzSocket } from "./connection.ts";
import { encodeText } from "./frames.ts";
import { SOCKET_PATH, tryHandshake } from "./handshake.ts";
import { hear, type Session } from "./judge.ts";
import type { MakeSocket, SocketInput } from "./make.ts";

const LONGEST_BATCH = 48;
const LONGEST_SESSION = 400;
/** The user's token was revoked by some other input. */
const REVOKED = 4403;
const SLOW_CONSUMER = 4409;
const INVALID_FRAMES = 10;

/** Opens one socket after the other, sends commands over it and what only looks like them, until none are left. */
export async function runSocketLane(field: Field, make: MakeSocket): Promise<void> {
  while (field.claim()) {
    if (field.random.chance(0.06)) await tryHandshake(field);
    else await runSession(field, make);
  }
}

async function runSession(field: Field, make: MakeSocket): Promise<void> {
  const { world, random, tally, findings } = field;
  const place = random.pick(world.places);
  const actor = random.chance(0.9)
    ? random.pick(place.people)
    : random.pick([world.bot, world.staff, world.admin, world.host]);
  const session: Session = {
    field,
    actor,
    waiting: new Map(),
    answered: new Set(),
    invalidFrames: 0,
    isConnected: false,
    wake: () => undefined,
  };
  const way = random.pick(["header", "protocol", "query", "frame"] as const);
  const socket = openSocket({
    port: field.port,
    target: way === "query" ? `${SOCKET_PATH}?token=${actor.token}` : SOCKET_PATH,
    headers: [
      ...upgradeHeaders(),
      ...credentials(way, actor, random.chance(0.3) ? random.pick(world.people).id : undefined, world.host === actor),
    ],
    onText: (text) => hear(session, text),
  });
  tally.socket += 1;
  tally.sockets += 1;
  count(tally.hows, "socket: opened");
  if ((await socket.opened).status !== 101) {
    findings.add({ signature: "socket refused", text: `a socket was refused: ${JSON.stringify(await socket.opened)}` });
    return;
  }
  if (way === "frame")
    socket.send(
      encodeText(JSON.stringify({ type: "authenticate", id: "hello", data: { token: actor.token } }), random),
    );
  await until(socket, session, () => session.isConnected);
  let mayClose: readonly number[] = [];
  for (let left = random.between(20, LONGEST_SESSION); left > 0 && !socket.isClosed;) {
    const batch = takeBatch(field, make, actor, Math.min(left, random.between(1, LONGEST_BATCH)));
    if (batch.length === 0) break;
    left -= batch.length;
    mayClose = batch.at(-1)?.mayClose ?? [];
    for (const input of batch) expectAnswer(session, input);
    socket.send(Buffer.concat(batch.map(({ bytes }) => bytes)));
    if (mayClose.length > 0) {
      // Noise may look like the beginning of something long.
      await Promise.race([socket.closed, pause(150)]);
      break;
    }
    await until(socket, session, () => session.waiting.size === 0);
    if (session.waiting.size > 0) break;
  }
  await conclude(socket, session, mayClose);
}

function credentials(way: string, actor: Person, actAs: string | undefined, isHost: boolean): [string, string][] {
  const acting: [string, string][] = isHost && actAs !== undefined ? [["Parley-Act-As", actAs]] : [];
  if (way === "header") return [["Authorization", `Bearer ${actor.token}`], ...acting];
  if (way === "protocol") return [["Sec-WebSocket-Protocol", `parley.v1, bearer.${actor.token}`], ...acting];
  return acting;
}

function takeBatch({ claim, world, random }: Field, make: MakeSocket, actor: Person, most: number): SocketInput[] {
  const batch: SocketInput[] = [];
  while (batch.length < most && (batch.at(-1)?.mayClose.length ?? 0) === 0 && claim())
    batch.push(make(world, actor, random));
  return batch;
}

function expectAnswer({ field: { tally }, waiting }: Session, input: SocketInput): void {
  tally.socket += 1;
  count(tally.hows, `socket: ${input.how}`);
  if (input.id !== undefined) waiting.set(input.id, { input, sentAt: performance.now() });
}

async function until(socket: FuzzSocket, session: Session, isSo: () => boolean): Promise<void> {
  if (isSo() || socket.isClosed) return;
  let timer: NodeJS.Timeout | undefined;
  const reached = new Promise<void>((resolve) => {
    session.wake = () => {
      if (isSo()) resolve();
    };
    timer = setTimeout(resolve, ANSWER_LIMIT_MS);
  });
  await Promise.race([reached, socket.closed]);
  clearTimeout(timer);
}

async function conclude(socket: FuzzSocket, session: Session, mayClose: readonly number[]): Promise<void> {
  const { field, waiting, invalidFrames, actor } = session;
  const { random, findings, tally } = field;
  const [first] = waiting.values();
  const isOurs = !socket.isClosed;
  if (isOurs) {
    if (mayClose.length === 0 && (first || !session.isConnected)) {
      findings.add({
        signature: `no reply ${first?.input.type}`,
        text: first
          ? `the command ${first.input.type} (${first.input.how}) was not answered within ${ANSWER_LIMIT_MS / 1_000} s`
          : "a socket was neither authenticated nor closed",
        ...(first ? { socket: first.input, token: actor.token } : {}),
      });
    }
    // After bytes that may be the beginning of something long nobody would hear a good-bye.
    socket.leave(mayClose.length === 0 && random.chance(0.5));
  }
  const code = await socket.closed;
  count(tally.closes, isOurs ? "left" : code);
  if (isOurs) return;
  const isExpected =
    mayClose.includes(code) ||
    code === REVOKED ||
    (code === 4400 && invalidFrames >= INVALID_FRAMES) ||
    (code === 4401 && !session.isConnected);
  if (code === SLOW_CONSUMER) tally.overloads += 1;
  else if (!isExpected)
    findings.add({
      signature: `closed ${code}`,
      text: `a socket was closed with ${code} for no reason`,
      ...(first ? { socket: first.input, token: actor.token } : {}),
    });
}
