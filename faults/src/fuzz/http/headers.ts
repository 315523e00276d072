import { randomUUID } from "node:crypto";
import type { Random } from "../../random.ts";
import { nastyText } from "../values/nasty.ts";
import type { World } from "../world.ts";
import { anyPerson } from "../world.ts";
import type { Headers, HttpInput, Parts } from "./input.ts";

type Spoilt = Pick<HttpInput, "how" | "isStrict" | "ending"> & { readonly parts: Parts };

/** Neither ends the line nor breaks what is a header. */
function fit(text: string): string {
  return Array.from(text.slice(0, 3_000), (character) => {
    const code = character.codePointAt(0) ?? 0;
    return (code < 0x20 && code !== 9) || code === 0x7f || code > 0xff ? "?" : character;
  }).join("");
}

function tokens(world: World, random: Random): string {
  const good = random.pick([...world.people, world.bot, world.staff, world.admin, world.host]).token;
  return random.pick<() => string>([
    () => `Bearer ${good}`,
    () => `bearer  ${good} `,
    () => `Bearer ${random.pick(world.badTokens)}`,
    () => `Bearer ${good.slice(0, -random.between(1, 8))}`,
    () => `Bearer ${good}x`,
    () => `Bearer ${good.replace(".", "..")}`,
    () => `Bearer ${good.split(".").toReversed().join(".")}`,
    () => `Bearer ${fit(nastyText(random))}`,
    () => `Basic ${good}`,
    () => "Bearer",
    () => "Bearer parley_agent_x",
    () => `Bearer parley_agent_${"A".repeat(43)}`,
    () => `Bearer ${"x".repeat(8_000)}`,
    () => fit(nastyText(random)),
  ])();
}

const CONTENT_TYPES = [
  "application/json",
  "application/json; charset=utf-8",
  "APPLICATION/JSON",
  "application/merge-patch+json",
  "application/json; charset=utf-16",
  "text/json",
  "text/plain",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "application/jsonp",
  "application/json, text/plain",
  "nonsense",
  "/",
  ";",
  "",
];

const PLAIN: Readonly<Record<string, readonly string[]>> = {
  Accept: ["*/*", "text/html", "application/xml", "", "x/y;q=nan", "application/json;q=0"],
  "Accept-Encoding": ["gzip", "br;q=1, *;q=0", "identity;q=0", "x"],
  "Accept-Language": ["de, en;q=0.1", "*", "x".repeat(500)],
  "If-Match": ["*", '"1"', "x"],
  "If-None-Match": ["*", 'W/"1"', '"x"'],
  "If-Modified-Since": ["Wed, 21 Oct 2099 07:28:00 GMT", "x"],
  Range: ["bytes=0-1", "bytes=-9999999999999999999", "x"],
  Origin: ["http://evil.example", "null", "x"],
  Cookie: ["a=b", "__proto__=1; ; ;", "x".repeat(3_000)],
  Host: ["evil.example", "", "[::1", "a b", "x".repeat(300)],
  "X-Forwarded-For": ["1.2.3.4", "x, y, z", "::1", ",".repeat(1_000)],
  "X-Forwarded-Proto": ["https", "x"],
  "X-Forwarded-Host": ["evil.example"],
  Forwarded: ["for=1.2.3.4", ";;;"],
  "X-Request-Id": ["x", "x".repeat(2_000), "a b"],
  "X-HTTP-Method-Override": ["DELETE", "x"],
  TE: ["trailers", "x"],
  Expect: ["100-continue", "200-ok", ""],
  "Last-Event-ID": ["1", "x"],
  Upgrade: ["h2c", "websocket"],
  "Access-Control-Request-Method": ["PUT", "x"],
  Trailer: ["Content-Type"],
  Priority: ["u=9"],
};

/** The request with one or a few headers that are wrong, odd or of somebody else. */
export function mutateHeaders(parts: Parts, world: World, random: Random): Spoilt {
  const others = (name: string): Headers => parts.headers.filter(([each]) => each !== name);
  const spoilt = (how: string, headers: Headers, more: Partial<Spoilt> = {}): Spoilt => ({
    how,
    isStrict: true,
    ending: "whole",
    ...more,
    parts: { ...parts, headers, ...more.parts },
  });
  const which = random.next();
  if (which < 0.3) {
    if (random.chance(0.15)) return spoilt("no token", others("Authorization"));
    return spoilt("another token", [...others("Authorization"), ["Authorization", tokens(world, random)]]);
  }
  if (which < 0.42) {
    const whom = random.chance(0.7) ? anyPerson(world, random) : fit(nastyText(random));
    const headers: Headers = random.chance(0.7)
      ? [["Authorization", `Bearer ${world.host.token}`], ...others("Authorization")]
      : parts.headers;
    // Acting for others has refusals of its own, whichever the endpoint.
    return spoilt("acting for somebody", [...headers, ["Parley-Act-As", whom]], { isStrict: false });
  }
  if (which < 0.52) {
    const keys = [randomUUID(), world.places[0]?.messages[0]?.id ?? "x", fit(nastyText(random)), ""];
    const key = ["Idempotency-Key", random.pick(keys)] as const;
    return spoilt("an idempotency key", [...parts.headers, key, ...(random.chance(0.1) ? [key] : [])]);
  }
  if (which < 0.64) {
    const type = ["Content-Type", random.chance(0.8) ? random.pick(CONTENT_TYPES) : fit(nastyText(random))] as const;
    return spoilt("another content type", [...others("Content-Type"), type], {
      isStrict: parts.method !== "DELETE" && parts.method !== "GET",
    });
  }
  if (which < 0.68) {
    const size = random.pick([8_000, 15_000, 17_000, 70_000]);
    return spoilt("a long header", [...parts.headers, ["X-Long", "x".repeat(size)]], {
      isStrict: false,
      ending: "last",
    });
  }
  if (which < 0.7) {
    const many = Array.from({ length: random.pick([100, 900, 2_100]) }, (_, index) => [`X-${index}`, "1"] as const);
    return spoilt("many headers", [...parts.headers, ...many], { isStrict: false, ending: "last" });
  }
  if (which < 0.75 && parts.body !== undefined) {
    const chunks = [parts.body.subarray(0, 3), parts.body.subarray(3)].filter(({ length }) => length > 0);
    const pieces = chunks.flatMap((chunk) => [
      Buffer.from(`${chunk.length.toString(16)};x=y\r\n`),
      chunk,
      Buffer.from("\r\n"),
    ]);
    const body = Buffer.concat([...pieces, Buffer.from("0\r\nX-Trailer: 1\r\n\r\n")]);
    const headers: Headers = [...parts.headers, ["Transfer-Encoding", "chunked"]];
    return spoilt("a body in chunks", headers, { parts: { ...parts, headers, body } });
  }
  const names = Array.from({ length: random.pick([1, 1, 2, 4]) }, () => random.pick(Object.keys(PLAIN)));
  const added = names.map(
    (name) => [name, random.chance(0.8) ? random.pick(PLAIN[name] ?? ["x"]) : fit(nastyText(random))] as const,
  );
  if (random.chance(0.05)) added.push(["Connection", random.pick(["close", "upgrade", "keep-alive, x"])]);
  const isUpgrade = added.some(([name]) => /^(?:Upgrade|Connection|Host|Expect)$/.test(name));
  return spoilt("odd headers", [...parts.headers, ...added], isUpgrade ? { isStrict: false, ending: "last" } : {});
}
