import { mint, type TestNode } from "../../../server/test/harness/node.ts";
import { SocketClient } from "../../../server/test/harness/socket.ts";

/** Who works at the ferry company of the pictures; the first five are the demo people. */
const NAMES = {
  ada: "Ada Lovelace",
  grace: "Grace Hopper",
  edsger: "Edsger Dijkstra",
  sam: "Sam Whitfield",
  mary: "Mary Keller",
  yuki: "Yuki Tanaka",
  lucia: "Lucía Fernández",
  tom: "Tom Berger",
} as const;

/** And who travels with it, and has questions. */
const CUSTOMERS = {
  nora: "Nora Lindqvist",
  jonas: "Jonas Weber",
  priya: "Priya Nair",
  inn: "Old Harbour Inn",
} as const;

export type Name = keyof typeof NAMES;
export type Customer = keyof typeof CUSTOMERS;
type Anybody = Name | Customer;

export interface People {
  readonly ids: Readonly<Record<Anybody, string>>;
  /** One request in somebody's name; answers the body. */
  ask<T = { readonly id: string }>(who: Anybody, method: string, path: string, body?: unknown): Promise<T>;
  /** One of them says something there, by turns. */
  talkIn(conversationId: string): (turn: number) => Promise<unknown>;
  /** Keeps them online until it is closed. */
  come(...who: readonly Anybody[]): Promise<AsyncDisposable>;
}

/** Signs everybody in once, so that they are there by the names that the pictures show. */
export async function gatherPeople(node: TestNode): Promise<People> {
  const tokens = new Map<string, string>();
  const ids = new Map<string, string>();
  for (const [id, name] of Object.entries({ ...NAMES, ...CUSTOMERS })) {
    const isStaff = id === "sam";
    const isAdmin = id === "mary";
    const claims = { ...(isStaff ? { staff: true } : {}), ...(isAdmin ? { admin: true } : {}) };
    const token = await mint({ sub: id, name, preferred_username: id, ...claims });
    tokens.set(id, token);
    const me = await node.done<{ id: string }>(token, "PATCH", "/v1/users/me", {
      display_name: name,
      contact_policy: "everyone",
    });
    ids.set(id, me.id);
  }
  const ask = async <T>(who: Anybody, method: string, path: string, body?: unknown): Promise<T> =>
    await node.done<T>(tokens.get(who), method, path, body);
  return {
    ids: Object.fromEntries(ids) as Record<Anybody, string>,
    ask,
    talkIn: (conversationId) => async (turn) =>
      await ask(turn % 2 === 0 ? "tom" : "lucia", "POST", `/v1/conversations/${conversationId}/messages`, {
        content: `Boarding call ${turn + 1}`,
      }),
    async come(...who) {
      const sockets = await Promise.all(who.map((id) => SocketClient.open(node.url, { token: tokens.get(id) ?? "" })));
      return {
        [Symbol.asyncDispose]: async () => void (await Promise.all(sockets.map((s) => s[Symbol.asyncDispose]()))),
      };
    },
  };
}
