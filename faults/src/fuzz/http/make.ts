import { gzipSync } from "node:zlib";
import { endpoints, type Endpoint } from "@parley/protocol";
import type { Random } from "../../random.ts";
import { hintsOf, tidy } from "../hints.ts";
import { generatorOf, type Generate } from "../values/generate.ts";
import { writeJson } from "../values/json.ts";
import { mutateBytes, mutateValue, randomBytes } from "../values/mutate.ts";
import { encodeLoosely, nastyCursor, nastyText, nastyWritten } from "../values/nasty.ts";
import { chooseFocus, type Focus, type World } from "../world.ts";
import { mutateHeaders } from "./headers.ts";
import { encodeRequest, type Headers, type HttpInput, type Parts } from "./input.ts";
import { brokenRequest } from "./broken.ts";

interface Prepared {
  readonly endpoint: Endpoint;
  readonly params: Generate | undefined;
  readonly query: Generate | undefined;
  readonly body: Generate | undefined;
}

/** How often each is asked, where it is not once. Sends are what there is most of; some others cost much, or do away with much. */
const WEIGHTS: Readonly<Record<string, number>> = {
  sendMessage: 6,
  sendMessageTo: 3,
  replyInThread: 3,
  postAsAgent: 2,
  editMessage: 3,
  createConversation: 2,
  listMessages: 3,
  getMetrics: 0.05,
  streamEvents: 0.2,
  deleteConversation: 0.2,
  deleteSpace: 0.1,
  removeMember: 0.5,
  removeSpaceMember: 0.3,
  leaveConversation: 0.3,
  transferOwnership: 0.3,
  blockUser: 0.2,
  listAllChanges: 0.5,
  searchMessages: 0.6,
};

export type MakeHttp = (world: World, random: Random) => HttpInput;

/** Makes inputs for all endpoints from their own definitions: about half of them as they should be, the others spoilt. */
export function createHttpMaker(): MakeHttp {
  const prepared = (Object.values(endpoints) as Endpoint[]).map((endpoint): Prepared => ({
    endpoint,
    params: endpoint.params && generatorOf(endpoint.params),
    query: endpoint.query && generatorOf(endpoint.query),
    body: endpoint.body && generatorOf(endpoint.body),
  }));
  const sums: number[] = [];
  for (const { endpoint } of prepared) sums.push((sums.at(-1) ?? 0) + (WEIGHTS[endpoint.id] ?? 1));
  return (world, random) => {
    const at = random.next() * (sums.at(-1) ?? 0);
    const chosen = prepared[sums.findIndex((sum) => at < sum)] as Prepared;
    return makeInput(chosen, world, random);
  };
}

interface Draft {
  readonly endpoint: Endpoint;
  readonly focus: Focus;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
  readonly headers: Headers;
}

type Spoil = (draft: Draft, parts: Parts, random: Random) => Spoilt;
type Spoilt =
  | (Pick<HttpInput, "how" | "isStrict" | "ending"> & { readonly parts: Parts })
  | Pick<HttpInput, "how" | "bytes">;

const WHOLE = { isStrict: true, ending: "whole" } as const;
const ASTRAY = { isStrict: false, ending: "whole" } as const;

const SPOILS: readonly (readonly [number, Spoil])[] = [
  [0.15, (_, parts) => ({ how: "as it should be", parts, ...WHOLE })],
  [0.31, spoilBody],
  [0.2, spoilBytes],
  [0.13, spoilQuery],
  [0.07, spoilParams],
  [0.08, (draft, parts, random) => mutateHeaders(parts, draft.focus.world, random)],
  [0.015, spoilAddress],
  [
    0.015,
    (_, parts, random) => ({ how: "another method", parts: { ...parts, method: random.pick(METHODS) }, ...ASTRAY }),
  ],
  [0.02, (_, parts, random) => brokenRequest(parts, random)],
];

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "SEARCH", "QUERY"];

function makeInput(prepared: Prepared, world: World, random: Random): HttpInput {
  const { endpoint } = prepared;
  const focus = chooseFocus(world, endpoint.id, endpoint.access, random);
  const draft = draftOf(prepared, focus, random);
  const spoilt = pickSpoil(draft, random)(draft, partsOf(draft), random);
  const common = { kind: "http", how: spoilt.how, endpoint, actor: focus.actor } as const;
  if (!("parts" in spoilt))
    return { ...common, isStrict: false, ending: "broken", parts: undefined, bytes: spoilt.bytes };
  const { parts, isStrict, ending } = spoilt;
  // Nobody waits for the end of a stream.
  const isStream = endpoint.produces === "text/event-stream";
  return {
    ...common,
    parts,
    isStrict,
    ending: isStream && ending === "whole" ? "last" : ending,
    bytes: encodeRequest(parts),
  };
}

function pickSpoil({ endpoint }: Draft, random: Random): Spoil {
  let at = random.next();
  for (const [share, spoil] of SPOILS) {
    at -= share;
    if (at >= 0) continue;
    // Only what there is can be spoilt.
    if (endpoint.body === undefined && (spoil === spoilBody || spoil === spoilBytes)) return spoilQuery;
    if (endpoint.params === undefined && spoil === spoilParams) return spoilQuery;
    return spoil;
  }
  return (_, parts) => ({ how: "as it should be", parts, ...WHOLE });
}

function draftOf({ endpoint, params, query, body }: Prepared, focus: Focus, random: Random): Draft {
  const { id, access } = endpoint;
  const hint = hintsOf(focus);
  const made = body?.(random, hint);
  const headers: [string, string][] = [];
  if (access !== "public") headers.push(["Authorization", `Bearer ${focus.actor.token}`]);
  if (focus.actor === focus.world.host && access === "user" && random.chance(0.6))
    headers.push(["Parley-Act-As", random.pick(focus.place.people).id]);
  if (made !== undefined) headers.push(["Content-Type", "application/json"]);
  return {
    endpoint,
    focus,
    params: params === undefined ? {} : texts(params(random, hint)),
    query: query === undefined ? {} : (tidy(id, query(random, hint), focus, random) as Record<string, unknown>),
    body: tidy(id, made, focus, random),
    headers,
  };
}

function texts(values: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values as object).map(([name, value]) => [name, encodeLoosely(String(value))]),
  );
}

function partsOf({ endpoint, params, query, body, headers }: Draft): Parts {
  const pairs = Object.entries(query).map(([name, value]) => `${name}=${encodeLoosely(String(value))}`);
  return {
    method: endpoint.method,
    target: targetOf(endpoint, params, pairs),
    headers,
    body: body === undefined ? undefined : Buffer.from(writeJson(body)),
  };
}

function targetOf(endpoint: Endpoint, params: Readonly<Record<string, string>>, pairs: readonly string[]): string {
  const path = endpoint.path.replaceAll(/:(\w+)/g, (_, name: string) => params[name] ?? "");
  return pairs.length === 0 ? path : `${path}?${pairs.join("&")}`;
}

function spoilBody({ body }: Draft, parts: Parts, random: Random): Spoilt {
  let changed = body;
  for (let count = random.pick([1, 1, 1, 2, 3]); count > 0; count -= 1) changed = mutateValue(changed, random);
  const bytes = Buffer.from(writeJson(changed));
  // Beyond the limit the connection ends with the answer.
  return {
    how: "a spoilt body",
    parts: { ...parts, body: bytes },
    isStrict: true,
    ending: bytes.length > 1e6 ? "last" : "whole",
  };
}

function spoilBytes(_: Draft, parts: Parts, random: Random): Spoilt {
  const { body = Buffer.alloc(0) } = parts;
  if (random.chance(0.03)) {
    const size = random.pick([1_048_575, 1_048_576, 1_048_577, 1_200_000]);
    const huge = Buffer.concat([body, Buffer.alloc(Math.max(0, size - body.length), 0x20)]);
    return { how: `a body of ${size} bytes`, parts: { ...parts, body: huge }, isStrict: true, ending: "last" };
  }
  if (random.chance(0.04)) {
    // Bombs: small on the line, large once inflated.
    const zipped = gzipSync(random.chance(0.5) ? body : Buffer.alloc(20_000_000, 0x20), { level: 9 });
    const headers: Headers = [
      ...parts.headers,
      ["Content-Encoding", random.pick(["gzip", "x-gzip", "deflate", "br", "gzip, gzip", "identity"])],
    ];
    return { how: "a compressed body", parts: { ...parts, headers, body: zipped }, ...WHOLE };
  }
  const bytes = random.chance(0.15) ? randomBytes(random, random.between(0, 200)) : mutateBytes(body, random);
  return { how: "other bytes as body", parts: { ...parts, body: bytes }, ...WHOLE };
}

function spoilQuery({ endpoint, params, query, focus }: Draft, parts: Parts, random: Random): Spoilt {
  const pairs = Object.entries(query).map(([name, value]) => [name, encodeLoosely(String(value))] as const);
  const names = Object.keys(endpoint.query?.shape ?? { x: 1 });
  const name = random.pick(names);
  const value =
    name === "cursor" || (name === "after" && random.chance(0.5))
      ? nastyCursor(random, focus.world.cursors.get(endpoint.id)?.any(random))
      : nastyWritten(random);
  const which = random.next();
  const others = pairs.filter(([key]) => key !== name);
  const spoilt =
    which < 0.7
      ? [...others, [name, value] as const]
      : which < 0.8
        ? [...pairs, [name, value] as const, [name, value] as const]
        : which < 0.87
          ? [...pairs, [random.pick([`${name}[]`, `${name}.a`, "__proto__", "%00", "", "token"]), value] as const]
          : which < 0.94
            ? others
            : [...pairs, [name, nastyWritten(random)] as const, [nastyWritten(random), value] as const];
  const written = spoilt.map(([key, text]) => (random.chance(0.05) ? key : `${key}=${text}`));
  return { how: "a spoilt query", parts: { ...parts, target: targetOf(endpoint, params, written) }, ...WHOLE };
}

function spoilParams({ endpoint, params }: Draft, parts: Parts, random: Random): Spoilt {
  const name = random.pick(Object.keys(params));
  const spoilt = { ...params, [name]: nastyWritten(random) };
  const [, search] = parts.target.split("?");
  const target = targetOf(endpoint, spoilt, search === undefined ? [] : [search]);
  return { how: "a spoilt path", parts: { ...parts, target }, ...ASTRAY };
}

const ELSEWHERE = [
  "/",
  "/v1",
  "/v1/",
  "/docs",
  "/docs/",
  "/openapi.json",
  "/v1/openapi.json",
  "/favicon.ico",
  "/v1/messaging/ws",
  "/robots.txt",
  "*",
  "//",
  "/%",
  "/v1/%00",
  "/v1//users",
  "/V1/users/me",
  "/v1/users/me/",
  "http://localhost/v1/users/me",
  "/v1/../v1/users/me",
  "/v1/users/me#x",
];

function spoilAddress(_: Draft, parts: Parts, random: Random): Spoilt {
  const [path = "", search = ""] = parts.target.split("?");
  const steps = path.split("/");
  const which = random.next();
  const target =
    which < 0.4
      ? random.pick(ELSEWHERE)
      : which < 0.7
        ? [...steps.slice(0, random.between(1, steps.length)), nastyWritten(random)].join("/")
        : which < 0.85
          ? `${path}/${nastyWritten(random)}?${search}`
          : `/${encodeLoosely(nastyText(random))}?${search}`;
  return {
    how: "another address",
    parts: {
      ...parts,
      target: target.startsWith("/") || target === "*" || target.startsWith("http") ? target : `/${target}`,
    },
    ...ASTRAY,
  };
}
