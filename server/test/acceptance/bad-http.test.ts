import { problem } from "@parley/protocol";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { useTestDatabase } from "../harness/database.ts";
import { startNode, type Person, type TestNode } from "../harness/node.ts";
import { until } from "../harness/until.ts";

/** What is hardly HTTP, or comes too slowly, or breaks off. */
const store = useTestDatabase();
let node: TestNode;
let ada: Person;

beforeAll(async () => {
  node = await startNode(store.database);
  ada = await node.person("ada");
});
afterAll(async () => {
  expect((await node.call(ada, "GET", "/v1/users/me")).status).toBe(200);
  expect(node.faults()).toEqual([]);
  await node.close();
});

interface Line {
  /** All that came back until the connection ended. */
  readonly answer: Promise<string>;
  send(bytes: string | Buffer): void;
  end(): void;
  reset(): void;
}

function open(): Line {
  const socket = connect(Number(new URL(node.url).port), "127.0.0.1");
  const chunks: Buffer[] = [];
  const answer = new Promise<string>((resolve) => {
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(Buffer.concat(chunks).toString("latin1")));
  });
  return {
    answer,
    send: (bytes) => void socket.write(bytes),
    end: () => void socket.end(),
    reset: () => void socket.resetAndDestroy(),
  };
}

/** Sends it and reads until the server closes, or all is answered. */
async function exchange(bytes: string | Buffer): Promise<string> {
  const line = open();
  line.send(bytes);
  // Answers come before the end of the request is noticed.
  const timer = setTimeout(() => line.end(), 300);
  const answer = await line.answer;
  clearTimeout(timer);
  return answer;
}

function head(method: string, path: string, headers: Record<string, string> = {}): string {
  const all = { Host: "localhost", Authorization: `Bearer ${ada.token}`, ...headers };
  return `${method} ${path} HTTP/1.1\r\n${Object.entries(all)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("")}\r\n`;
}

const JSON_TYPE = { "Content-Type": "application/json" };

/** A refusal that clients can read, even of what was no request. */
function expectRefused(answer: string, statuses: readonly number[]): void {
  const [, status = "none"] = /^HTTP\/1\.1 (\d{3})/.exec(answer) ?? [];
  expect(statuses, answer.slice(0, 500)).toContain(Number(status));
  const body = answer.slice(answer.indexOf("\r\n\r\n") + 4);
  const read = problem.parse(JSON.parse(body));
  expect(read.status).toBe(Number(status));
  expect(answer).toContain("application/problem+json");
  expect(body).not.toMatch(/HPE_|node:|\bat \S+:\d/);
}

describe("no requests", () => {
  test.each([
    ["words", "hello there\r\n\r\n"],
    ["another protocol", "SSH-2.0-OpenSSH_9.6\r\n\r\n"],
    ["an unknown version", "GET / HTTP/9.9\r\nHost: x\r\n\r\n"],
    ["HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["an unknown method", "FETCH / HTTP/1.1\r\nHost: x\r\n\r\n"],
    ["no host", "GET /healthz HTTP/1.1\r\n\r\n"],
    ["a header without a colon", "GET /healthz HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n"],
    ["a NUL in a header", "GET /healthz HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n"],
    ["a space in a header's name", "GET /healthz HTTP/1.1\r\nHost: x\r\nX Y: 1\r\n\r\n"],
    ["a folded header", "GET /healthz HTTP/1.1\r\nHost: x\r\nX: 1\r\n 2\r\n\r\n"],
    ["a TLS greeting", Buffer.from("16030100c8010000c40303", "hex")],
  ])("%s", async (what, bytes) => {
    const answer = await exchange(bytes);
    // A proxy may fold headers, as HTTP/1.0 had it.
    if (what === "a folded header" && answer.startsWith("HTTP/1.1 200")) return;
    expectRefused(answer, [400]);
  });

  test("headers without end are 431", async () => {
    const many = Object.fromEntries(Array.from({ length: 3_000 }, (_, n) => [`X-${n}`, "1"]));
    for (const headers of [{ "X-Long": "x".repeat(20_000) }, many])
      expectRefused(await exchange(head("GET", "/v1/users/me", headers)), [431]);
    expectRefused(await exchange(head("GET", `/v1/users/me?${"x".repeat(20_000)}`)), [431]);
  });
});

describe("bodies that lie", () => {
  const post = (headers: Record<string, string>): string =>
    head("POST", "/v1/conversations", { ...JSON_TYPE, ...headers });

  test.each([
    ["two lengths", { "Content-Length": "2\r\nContent-Length: 3" }, "{}"],
    ["a length and chunks", { "Content-Length": "2", "Transfer-Encoding": "chunked" }, "0\r\n\r\n"],
    ["a negative length", { "Content-Length": "-1" }, "{}"],
    ["a length in words", { "Content-Length": "two" }, "{}"],
    ["an endless length", { "Content-Length": "9".repeat(40) }, "{}"],
    ["a chunk whose size is no number", { "Transfer-Encoding": "chunked" }, "zz\r\n{}\r\n0\r\n\r\n"],
    ["a chunk larger than it says", { "Transfer-Encoding": "chunked" }, "1\r\n{}}}}}}\r\n0\r\n\r\n"],
    ["a chunk of 2^64 bytes", { "Transfer-Encoding": "chunked" }, "ffffffffffffffffff\r\n{}\r\n"],
    ["an unknown transfer encoding", { "Transfer-Encoding": "gzip, chunked, identity" }, "{}"],
  ])("%s", async (_, headers, body) => expectRefused(await exchange(post(headers) + body), [400]));

  test("too large ones are 413 before they are sent, or while they are", async () => {
    expectRefused(await exchange(post({ "Content-Length": "1048577" })), [413]);
    const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
    const answer = await exchange(post({ "Transfer-Encoding": "chunked" }) + chunk.repeat(20));
    if (answer !== "") expectRefused(answer, [413]);
  });

  test("one that goes on after its end is another, bad request", async () => {
    const answer = await exchange(`${head("GET", "/healthz")}what is this\r\n\r\n`);
    expectRefused(answer.slice(answer.lastIndexOf("HTTP/1.1 ")), [400]);
  });

  test("what cannot be read is answered after what came before it", async () => {
    const before = Array.from({ length: 5 }, () => head("GET", "/v1/users/me"));
    for (const broken of ["FETCH / HTTP/1.1\r\nHost: x\r\n\r\n", post({ "Content-Length": "two" })]) {
      const answer = await exchange([...before, broken].join(""));
      expect([...answer.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status)).toEqual([
        ...before.map(() => "200"),
        "400",
      ]);
    }
  });

  test("those that break off do no harm", async () => {
    for (const bytes of [
      "GET /hea",
      head("GET", "/healthz").slice(0, -2),
      post({ "Content-Length": "100" }),
      post({ "Transfer-Encoding": "chunked" }),
    ]) {
      for (const leave of ["end", "reset"] as const) {
        const line = open();
        line.send(bytes);
        await new Promise((resolve) => setTimeout(resolve, 20));
        line[leave]();
        await line.answer;
      }
    }
  });
});

describe("many at once", () => {
  test("requests in a row on one connection are answered in a row", async () => {
    const answer = await exchange(Array.from({ length: 50 }, () => head("GET", "/v1/users/me")).join(""));
    expect(answer.match(/HTTP\/1\.1 200/g)).toHaveLength(50);
  });

  test("connections that say nothing keep nobody out", async () => {
    const idle = Array.from({ length: 300 }, () => open());
    expect((await node.call(ada, "GET", "/v1/users/me")).status).toBe(200);
    for (const line of idle) line.reset();
    await Promise.all(idle.map((line) => line.answer));
  });

  test("callers who leave before the answer do no harm", async () => {
    const body = JSON.stringify({ kind: "channel", title: "Left behind" });
    const lines = Array.from({ length: 100 }, () => {
      const line = open();
      line.send(head("POST", "/v1/conversations", { ...JSON_TYPE, "Content-Length": String(body.length) }) + body);
      return line;
    });
    setTimeout(() => lines.forEach((line) => line.reset()), 5);
    await Promise.all(lines.map((line) => line.answer));
  });

  test("streams of events that nobody reads any more are let go", async () => {
    const lines = Array.from({ length: 20 }, () => {
      const line = open();
      line.send(head("GET", "/v1/events"));
      return line;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (const line of lines) line.reset();
    await Promise.all(lines.map((line) => line.answer));
    await until(async () => {
      const { text } = await node.call(undefined, "GET", "/metrics");
      return !/^parley_event_streams [1-9]/m.test(text);
    });
  });
});

const HANDSHAKE = {
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
};

describe("sockets that are not opened as they are to be", () => {
  test.each([
    ["elsewhere", () => head("GET", "/v1/users/me", HANDSHAKE), 404],
    ["at no path at all", () => head("GET", "*", HANDSHAKE), 404],
    ["without a key", () => head("GET", "/v1/messaging/ws", { ...HANDSHAKE, "Sec-WebSocket-Key": "" }), 400],
    ["with a key that is none", () => head("GET", "/v1/messaging/ws", { ...HANDSHAKE, "Sec-WebSocket-Key": "x" }), 400],
    ["in another version", () => head("GET", "/v1/messaging/ws", { ...HANDSHAKE, "Sec-WebSocket-Version": "7" }), 400],
    ["by POST", () => head("POST", "/v1/messaging/ws", HANDSHAKE), 400],
    ["by HTTP/2", () => head("GET", "/v1/messaging/ws", { ...HANDSHAKE, Upgrade: "h2c" }), 400],
    [
      "with protocols that are none",
      () => head("GET", "/v1/messaging/ws", { ...HANDSHAKE, "Sec-WebSocket-Protocol": "a,,b" }),
      400,
    ],
    ["without an upgrade", () => head("GET", "/v1/messaging/ws"), 404],
  ])("%s", async (_, bytes, status) => expectRefused(await exchange(bytes()), [status]));

  test("a tunnel is no way through", async () => {
    expect(await exchange("CONNECT localhost:80 HTTP/1.1\r\nHost: x\r\n\r\n")).not.toMatch(/^HTTP\/1\.1 2/);
  });
});

/** The limit is 10 s, looked at every 2 s. */
test("half a request is given up on after a while, one that dribbles too", { timeout: 60_000 }, async () => {
  const silent = open();
  const half = open();
  half.send("GET /healthz HTTP/1.1\r\nHost: x\r\n");
  const dribbling = open();
  dribbling.send("GET /healthz HTTP/1.1\r\n");
  const timer = setInterval(() => dribbling.send("X: 1\r\n"), 500);
  const start = performance.now();
  const answers = await Promise.all([silent.answer, half.answer, dribbling.answer]);
  clearInterval(timer);
  expect(performance.now() - start).toBeLessThan(30_000);
  for (const answer of answers) if (answer !== "") expectRefused(answer, [408]);
});
