import { problem } from "@parley/protocol";
import type { Random } from "../../random.ts";
import { pause } from "../deferred.ts";
import { ANSWER_LIMIT_MS, type Field } from "../field.ts";
import { count } from "../tally.ts";
import { nastyText } from "../values/nasty.ts";
import type { World } from "../world.ts";
import { openSocket, upgradeHeaders } from "./connection.ts";
import { encodeFrame } from "./frames.ts";
import { AN_EVENT, parse } from "./judge.ts";
import { PROTOCOL_CODES } from "./make.ts";

export const SOCKET_PATH = "/v1/messaging/ws";
const PATH = SOCKET_PATH;

/** Codes with which a socket may be closed that has not said who it is. */
const EARLY_CODES = new Set([4400, 4401, 4429, ...PROTOCOL_CODES]);

interface Attempt {
  readonly how: string;
  readonly headers: [string, string][];
  readonly target?: string;
  /** Sent without waiting for the answer to the handshake. */
  readonly first?: Buffer;
}

function chooseAttempt(world: World, random: Random): Attempt {
  const { token } = random.pick(world.people);
  const headers = upgradeHeaders();
  const replace = (name: string, value: string): [string, string][] =>
    headers.map(([each, old]) => [each, each === name ? value : old]);
  const oddValue = (): string =>
    nastyText(random)
      .replaceAll(/[^\x20-\x7e]/g, "?")
      .slice(0, 500);
  return random.pick<() => Attempt>([
    () => ({ how: "without a key", headers: headers.filter(([name]) => name !== "Sec-WebSocket-Key") }),
    () => ({ how: "with an odd key", headers: replace("Sec-WebSocket-Key", oddValue()) }),
    () => ({
      how: "in another version",
      headers: replace("Sec-WebSocket-Version", random.pick(["7", "8", "14", "x", ""])),
    }),
    () => ({ how: "by another protocol", headers: replace("Upgrade", random.pick(["h2c", "x", "websocket, h2c"])) }),
    () => ({
      how: "elsewhere",
      headers,
      target: random.pick(["/", "*", "/v1/users/me", `${PATH}/x`, `//${PATH}`, `${PATH}%00`]),
    }),
    () => ({
      how: "with odd protocols",
      headers: [...headers, ["Sec-WebSocket-Protocol", random.chance(0.5) ? "a,,b" : oddValue()]],
    }),
    () => ({
      how: "with extensions",
      headers: [...headers, ["Sec-WebSocket-Extensions", random.pick(["permessage-deflate", "x;;=", oddValue()])]],
    }),
    () => ({
      how: "with a bad token",
      headers: [...headers, ["Authorization", `Bearer ${random.pick(world.badTokens)}`]],
    }),
    () => ({ how: "with something as a token", headers: [...headers, ["Authorization", oddValue()]] }),
    () => ({
      how: "with an odd query",
      headers,
      target: `${PATH}?token=${random.pick(["", "%", "%00", "x", token.slice(1), "a&token=b"])}`,
    }),
    () => ({
      how: "acting for somebody",
      headers: [...headers, ["Authorization", `Bearer ${world.host.token}`], ["Parley-Act-As", oddValue()]],
    }),
    () => ({
      how: "saying nothing of itself",
      headers,
      first: encodeFrame(
        Buffer.from(
          random.pick([
            '{"type":"ping"}',
            "x",
            "",
            '{"type":"authenticate"}',
            `{"type":"authenticate","data":{"token":${JSON.stringify(random.pick(world.badTokens))}}}`,
            '{"type":"send_message","data":{"content":"x"}}',
          ]),
        ),
      ),
    }),
    () => ({
      how: "in a hurry",
      headers: [...headers, ["Authorization", `Bearer ${token}`]],
      first: encodeFrame(Buffer.from('{"type":"ping","id":"1"}')),
    }),
  ])();
}

/** A socket that is not opened as it is to be, or does not say who it is. */
export async function tryHandshake(field: Field): Promise<void> {
  const { random, world, tally, findings } = field;
  const attempt = chooseAttempt(world, random);
  const socket = openSocket({
    port: field.port,
    target: attempt.target ?? PATH,
    headers: attempt.headers,
    onText: (text) => {
      judgeEarly(field, text);
    },
  });
  tally.socket += 1;
  count(tally.hows, `socket: opened ${attempt.how}`);
  if (attempt.first) socket.send(attempt.first);
  const opened = await Promise.race([socket.opened, pause(ANSWER_LIMIT_MS)]);
  const title = `a socket opened ${attempt.how} (${JSON.stringify(attempt.target ?? attempt.headers.at(-1))})`;
  if (opened === undefined) findings.add({ signature: `handshake ${attempt.how}`, text: `${title} was not answered` });
  else if (opened.status === 101) {
    const code = await Promise.race([socket.closed, pause(100)]);
    count(tally.closes, code ?? "left");
    if (code !== undefined && !EARLY_CODES.has(code))
      findings.add({ signature: `handshake close ${code}`, text: `${title} was closed with ${code}` });
  } else {
    count(tally.statuses, opened.status);
    const isDocument = problem.safeParse(parse(opened.body)).success;
    const isMeant = opened.status === 0 || (opened.status >= 400 && opened.status < 500) || opened.status === 503;
    if (opened.status === 503) tally.overloads += 1;
    if (!isMeant || (opened.status !== 0 && !isDocument))
      findings.add({
        signature: `handshake ${opened.status}`,
        text: `${title} was answered ${opened.status} ${opened.body.slice(0, 300)}`,
      });
  }
  if (!socket.isClosed) socket.leave(random.chance(0.5));
  await socket.closed;
}

function judgeEarly({ tally, findings }: Field, text: string): void {
  const value = parse(text);
  const { type, data } = (value ?? {}) as { type?: string; data?: { code?: string } };
  if (AN_EVENT.test(text)) tally.events += 1;
  else count(tally.replies, data?.code ?? type ?? "?");
  if (data?.code === "internal")
    findings.add({ signature: "early internal", text: `a socket that was just opened is told ${text}` });
}
