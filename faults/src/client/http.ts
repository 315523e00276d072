import type { WireConversation, WireMember, WireMessage } from "./wire.ts";
import { Replica } from "./replica.ts";

/** How a request went: an answer, or none, after which nobody knows. */
export type HttpResult<T> =
  | { readonly kind: "ok"; readonly status: number; readonly body: T }
  | { readonly kind: "error"; readonly status: number; readonly code: string }
  | { readonly kind: "unknown" };

export type Http = <T>(method: string, path: string, body?: unknown) => Promise<HttpResult<T>>;

export interface HttpOptions {
  readonly url: () => string;
  readonly token: string;
  readonly timeoutMs: number;
}

export function createHttp({ url, token, timeoutMs }: HttpOptions): Http {
  return async <T>(method: string, path: string, body?: unknown): Promise<HttpResult<T>> => {
    try {
      const response = await fetch(`${url()}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(timeoutMs),
      });
      const text = await response.text();
      const parsed: unknown = text === "" ? {} : JSON.parse(text);
      if (response.ok) return { kind: "ok", status: response.status, body: parsed as T };
      return { kind: "error", status: response.status, code: (parsed as { code?: string }).code ?? "unknown" };
    } catch {
      return { kind: "unknown" };
    }
  };
}

/** Whatever the code, the same request gets the same answer: it has had no effect and will have none. */
export function isFinal(code: string): boolean {
  return !["internal", "overloaded", "rate_limited", "unknown"].includes(code);
}

export interface Loaded {
  readonly replica: Replica;
  readonly conversation: WireConversation;
}

export type LoadResult =
  | { readonly kind: "ok"; readonly loaded: Loaded }
  | { readonly kind: "gone" }
  | { readonly kind: "unknown" };

interface Page<T> {
  readonly items: readonly T[];
  readonly next_cursor: string | null;
}

/** Loads a conversation by its lists. What changes meanwhile has a version above the one the replica begins with, and is told. */
export async function loadConversation(http: Http, id: string, version?: number): Promise<LoadResult> {
  const conversation = await http<WireConversation>("GET", `/v1/conversations/${id}`);
  if (conversation.kind !== "ok") return failed(conversation);
  const replica = new Replica(version ?? conversation.body.head);
  replica.setConversation(conversation.body);
  const members = await readPages<WireMember>(http, `/v1/conversations/${id}/members?limit=100`);
  if (members.kind !== "ok") return failed(members);
  for (const member of members.body) replica.setMember(member);
  const messages = await readPages<WireMessage>(http, `/v1/conversations/${id}/messages?limit=100`);
  if (messages.kind !== "ok") return failed(messages);
  for (const message of messages.body) replica.setMessage(message);
  return { kind: "ok", loaded: { replica, conversation: conversation.body } };
}

async function readPages<T>(http: Http, path: string): Promise<HttpResult<T[]>> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const page: HttpResult<Page<T>> = await http("GET", `${path}${cursor === null ? "" : `&cursor=${cursor}`}`);
    if (page.kind !== "ok") return page;
    items.push(...page.body.items);
    cursor = page.body.next_cursor;
  } while (cursor !== null);
  return { kind: "ok", status: 200, body: items };
}

function failed(result: Exclude<HttpResult<unknown>, { kind: "ok" }>): LoadResult {
  return result.kind === "error" && result.code === "not_found" ? { kind: "gone" } : { kind: "unknown" };
}
