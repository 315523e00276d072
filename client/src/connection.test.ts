import { expect, test } from "vitest";
import { createFakeClock } from "../test/harness/fake-clock.ts";
import { createConnection, type SocketConstructor } from "./connection.ts";
import { createTokens, type GetToken } from "./tokens.ts";

type Listener = (event: { data?: unknown; code?: number }) => void;

/** Sockets that do as the test says. */
function startClient(options: { getToken?: GetToken; token?: string } = { token: "t" }) {
  const clock = createFakeClock();
  const sockets: FakeSocket[] = [];
  let wake = (): void => undefined;
  class FakeSocket {
    readonly sent: { type: string; id: string; data: { token?: string } }[] = [];
    readonly #listeners = new Map<string, Listener>();
    constructor() {
      sockets.push(this);
    }
    addEventListener(type: string, listener: Listener): void {
      this.#listeners.set(type, listener);
    }
    send(text: string): void {
      this.sent.push(JSON.parse(text) as FakeSocket["sent"][number]);
    }
    close(): void {
      return;
    }
    emit(type: string, event: { data?: unknown; code?: number } = {}): void {
      this.#listeners.get(type)?.(event);
    }
    say(frame: unknown): void {
      this.emit("message", { data: JSON.stringify(frame) });
    }
    /** Opens, authenticates and has caught up. */
    accept(): void {
      this.emit("open");
      const id = this.sent[0]?.id;
      this.say({ type: "connected", id, data: { user_id: "u", epoch: "e", heartbeat_seconds: 30 } });
      connection.caughtUp();
    }
  }
  const connection = createConnection({
    url: "https://parley",
    tokens: createTokens(options, clock),
    clock,
    random: () => 0,
    WebSocket: FakeSocket as unknown as SocketConstructor,
    wake: (callback) => {
      wake = callback;
      return () => undefined;
    },
    onFrame: () => undefined,
    onLost: () => undefined,
  });
  return { clock, sockets, connection, wake: () => wake(), last: () => sockets.at(-1) as FakeSocket };
}

const jwt = (exp: number): string => `h.${btoa(JSON.stringify({ sub: "ada", exp }))}.s`;

test("it authenticates by the first frame and comes on line", async () => {
  const { clock, connection, last } = startClient();
  await clock.pass(0);
  expect(connection.state.value).toBe("connecting");
  last().accept();
  expect(last().sent[0]).toMatchObject({ type: "authenticate", data: { token: "t" } });
  expect(connection.state.value).toBe("online");
});

test("it comes back after 1, 2, 4 … seconds, and after 1 again once a connection has held", async () => {
  const { clock, connection, sockets, last } = startClient();
  await clock.pass(0);
  for (const seconds of [1, 2, 4]) {
    last().emit("close", { code: 1006 });
    expect(connection.state.value).toBe("offline");
    const before = sockets.length;
    await clock.pass(seconds * 1_000 - 1);
    expect(sockets.length).toBe(before);
    await clock.pass(1);
    expect(sockets.length).toBe(before + 1);
  }
  last().accept();
  await clock.pass(5_000);
  last().emit("close", { code: 1012 });
  await clock.pass(1_000);
  expect(connection.state.value).toBe("connecting");
});

test("being back on line or on screen ends the waiting", async () => {
  const { clock, sockets, last, wake } = startClient();
  await clock.pass(0);
  last().emit("close", { code: 1006 });
  wake();
  await clock.pass(0);
  expect(sockets.length).toBe(2);
});

test("after a sleep a dead connection is noticed in seconds, a live one kept", async () => {
  const { clock, connection, last, wake } = startClient();
  await clock.pass(0);
  last().accept();
  await clock.pass(10);
  wake();
  last().say({ type: "pong", data: {} });
  await clock.pass(6_000);
  expect(connection.state.value).toBe("online");
  wake();
  await clock.pass(5_000);
  expect(connection.state.value).toBe("offline");
});

test("silence is not taken for a connection", async () => {
  const { clock, connection, last } = startClient();
  await clock.pass(0);
  last().accept();
  await clock.pass(59_000);
  expect(last().sent.filter(({ type }) => type === "ping")).toHaveLength(1);
  expect(connection.state.value).toBe("online");
  await clock.pass(1_500);
  expect(connection.state.value).toBe("offline");
});

test("a new token is shown before the old one ends", async () => {
  const start = 1_700_000_000;
  const tokens = [jwt(start + 300), jwt(start + 600)];
  const { clock, last, sockets } = startClient({ getToken: () => tokens.shift() ?? "none" });
  await clock.pass(0);
  last().accept();
  const [second] = tokens;
  const shown = (): unknown[] => last().sent.flatMap(({ type, data }) => (type === "authenticate" ? [data.token] : []));
  for (let seconds = 0; seconds < 230; seconds += 10) {
    await clock.pass(10_000);
    last().say({ type: "pong", data: {} });
  }
  expect(shown()).toHaveLength(1);
  await clock.pass(10_000);
  expect(shown()).toEqual([expect.any(String), second]);
  expect(sockets).toHaveLength(1);
});

test("a refused token is renewed once; refused again, it is unauthorised until someone signs in", async () => {
  const reasons: boolean[] = [];
  const { clock, connection, sockets, last } = startClient({
    getToken: ({ renew }) => {
      reasons.push(renew);
      return "bad";
    },
  });
  await clock.pass(0);
  last().emit("close", { code: 4401 });
  await clock.pass(0);
  expect(reasons).toEqual([false, true]);
  last().emit("close", { code: 4401 });
  expect(connection.state.value).toBe("unauthorised");
  await clock.pass(60_000);
  expect(sockets.length).toBe(2);
  connection.reconnect();
  await clock.pass(0);
  last().accept();
  expect(connection.state.value).toBe("online");
});

test("a fixed token that is refused, and a revoked one, are not tried again", async () => {
  for (const code of [4401, 4403]) {
    const { clock, connection, last } = startClient();
    await clock.pass(0);
    last().emit("close", { code });
    expect(connection.state.value).toBe("unauthorised");
  }
});

test("commands that wait when the connection breaks are told so", async () => {
  const { clock, connection, last } = startClient();
  await clock.pass(0);
  last().accept();
  const asked = connection.request("ping", {});
  last().emit("close", { code: 1006 });
  await expect(asked).rejects.toMatchObject({ code: "offline" });
  await expect(connection.request("ping", {})).rejects.toMatchObject({ code: "offline" });
});
