import type { Endpoint } from "@parley/protocol";
import type { Person } from "../world.ts";

export type Headers = readonly (readonly [string, string])[];

/** What is known of how an input may be answered. */
export interface HttpInput {
  readonly kind: "http";
  /** What was done to it, in a few words. */
  readonly how: string;
  /** The endpoint that it began as. */
  readonly endpoint: Endpoint | undefined;
  /** It reaches that endpoint, which answers as it is documented; otherwise any documented refusal will do. */
  readonly isStrict: boolean;
  readonly actor: Person | undefined;
  /** undefined: these bytes were mutated as a whole, or never were a request. */
  readonly parts: Parts | undefined;
  readonly bytes: Buffer;
  /** `whole`: others may follow on the connection. `last`: it is answered, but may end it. `broken`: it may not even be answered. */
  readonly ending: "whole" | "last" | "broken";
}

/** A request from which something can be left out. */
export interface Parts {
  readonly method: string;
  readonly target: string;
  readonly headers: Headers;
  readonly body: Buffer | undefined;
}

/** The request as it goes over the line. Its length is given, unless the headers say how long it is. */
export function encodeRequest({ method, target, headers, body }: Parts): Buffer {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`);
  const isFramed = headers.some(([name]) => /^(?:content-length|transfer-encoding)$/i.test(name));
  const length = body === undefined || isFramed ? "" : `Content-Length: ${body.length}\r\n`;
  const host = headers.some(([name]) => /^host$/i.test(name)) ? "" : "Host: localhost\r\n";
  // Header values are bytes; what is beyond them is for the address to encode.
  const head = Buffer.from(`${method} ${target} HTTP/1.1\r\n${host}${lines.join("")}${length}\r\n`, "latin1");
  return body === undefined ? head : Buffer.concat([head, body]);
}

/** The same request by hand. */
export function asCurl({ method, target, headers, body }: Parts, url: string): string {
  const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
  const lines = [`curl -i --path-as-is -X ${method} ${quote(`${url}${target}`)}`];
  for (const [name, value] of headers) lines.push(`  -H ${quote(`${name}: ${value}`)}`);
  if (body !== undefined) {
    const text = body.toString("utf8");
    const isText = Buffer.from(text).equals(body) && !text.includes("\0");
    lines.push(
      isText ? `  --data-binary ${quote(text)}` : `  --data-binary @<(base64 -d <<< ${body.toString("base64")})`,
    );
  }
  return lines.join(" \\\n");
}
