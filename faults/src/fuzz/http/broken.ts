import type { Random } from "../../random.ts";
import { mutateBytes, randomBytes } from "../values/mutate.ts";
import { encodeRequest, type HttpInput, type Parts } from "./input.ts";

type Broken = Pick<HttpInput, "how" | "bytes">;

const NO_REQUESTS: readonly (string | Buffer)[] = [
  "hello there\r\n\r\n",
  "SSH-2.0-OpenSSH_9.6\r\n\r\n",
  "GET / HTTP/9.9\r\nHost: x\r\n\r\n",
  "GET / HTTP/0.9\r\n\r\n",
  "GET /\r\n\r\n",
  "GET /healthz HTTP/1.0\r\n\r\n",
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "FETCH / HTTP/1.1\r\nHost: x\r\n\r\n",
  "GET /healthz HTTP/1.1\r\n\r\n",
  "GET /healthz HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n",
  "GET /healthz HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n",
  "GET /healthz HTTP/1.1\r\nHost: x\r\nX Y: 1\r\n\r\n",
  "GET /healthz HTTP/1.1\r\nHost: x\r\nX: 1\r\n 2\r\n\r\n",
  "GET /healthz HTTP/1.1\nHost: x\n\n",
  "GET  /healthz  HTTP/1.1\r\nHost: x\r\n\r\n",
  "GET /h\u00E4 HTTP/1.1\r\nHost: x\r\n\r\n",
  "CONNECT localhost:80 HTTP/1.1\r\nHost: x\r\n\r\n",
  "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
  "\r\n\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
  Buffer.from("16030100c8010000c40303", "hex"),
];

const LIES: readonly (readonly [string, string])[] = [
  ["Content-Length: 2\r\nContent-Length: 3", "{}"],
  ["Content-Length: 2\r\nTransfer-Encoding: chunked", "0\r\n\r\n"],
  ["Content-Length: -1", "{}"],
  ["Content-Length: two", "{}"],
  ["Content-Length: +2", "{}"],
  [`Content-Length: ${"9".repeat(40)}`, "{}"],
  ["Content-Length: 100", "{}"],
  ["Content-Length: 1", "{}{}{}"],
  ["Transfer-Encoding: chunked", "zz\r\n{}\r\n0\r\n\r\n"],
  ["Transfer-Encoding: chunked", "1\r\n{}}}}}}\r\n0\r\n\r\n"],
  ["Transfer-Encoding: chunked", "ffffffffffffffffff\r\n{}\r\n"],
  ["Transfer-Encoding: chunked", "2\r\n{}\r\n"],
  ["Transfer-Encoding: gzip, chunked, identity", "{}"],
  ["Transfer-Encoding: xchunked", "{}"],
];

/** What is no request, or one whose bytes are not as it says. */
export function brokenRequest(parts: Parts, random: Random): Broken {
  const which = random.next();
  if (which < 0.2) return { how: "no request", bytes: bytesOf(random.pick(NO_REQUESTS)) };
  if (which < 0.25) return { how: "noise", bytes: randomBytes(random, random.between(1, 400)) };
  if (which < 0.45) {
    const [length, body] = random.pick(LIES);
    const [head = ""] = encodeRequest({ ...parts, body: undefined })
      .toString("latin1")
      .split("\r\n\r\n");
    return { how: "a body that lies", bytes: Buffer.from(`${head}\r\n${length}\r\n\r\n${body}`, "latin1") };
  }
  const whole = encodeRequest(parts);
  if (which < 0.6)
    return { how: "a request that breaks off", bytes: whole.subarray(0, random.between(1, whole.length)) };
  return { how: "a request with other bytes", bytes: mutateBytes(whole, random) };
}

function bytesOf(text: string | Buffer): Buffer {
  return typeof text === "string" ? Buffer.from(text, "latin1") : text;
}
