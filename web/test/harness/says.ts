import type { DemoId, Web } from "./web.ts";

const tokens = new Map<string, string>();

async function tokenOf(web: Web, who: DemoId): Promise<string> {
  const key = `${web.url} ${who}`;
  const held = tokens.get(key);
  if (held !== undefined) return held;
  const response = await fetch(`${web.url}/demo/${who}`, { headers: { accept: "application/json" } });
  const { token } = (await response.json()) as { token: string };
  tokens.set(key, token);
  return token;
}

/** Asks the service as one of the demo people, past the app: what others do while a test looks at a page. */
export async function api(
  web: Web,
  who: DemoId,
  path: string,
  body?: unknown,
  method = body === undefined ? "GET" : "POST",
): Promise<Record<string, unknown>> {
  const response = await fetch(web.url + path, {
    method,
    headers: {
      authorization: `Bearer ${await tokenOf(web, who)}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${text}`);
  return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
}

/** The id of a conversation by its title. */
export async function conversationOf(web: Web, who: DemoId, title: string): Promise<string> {
  const { items } = await api(web, who, "/v1/conversations?limit=100");
  const found = (items as { id: string; title: string | null }[]).find((conversation) => conversation.title === title);
  if (!found) throw new Error(`There is no conversation ${title}.`);
  return found.id;
}

/** Somebody says something. Answers its id. */
export async function say(
  web: Web,
  who: DemoId,
  conversationId: string,
  content: string,
  parentId?: string,
): Promise<string> {
  const path = `/v1/conversations/${conversationId}/messages`;
  const message = await api(web, who, path, { content, ...(parentId === undefined ? {} : { parent_id: parentId }) });
  return message["id"] as string;
}

/** The id of one of the demo people. */
export async function personId(web: Web, who: DemoId): Promise<string> {
  return (await api(web, who, "/v1/users/me"))["id"] as string;
}
