import { Agent, request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { randomUUID } from "node:crypto";
import type { IssuedAgentToken, Agent as AgentUser, OwnUser } from "@parley/protocol";
import { SignJWT, type JWTPayload } from "jose";
import { pino } from "pino";
import { compose } from "../../src/compose.ts";
import { loadSettings } from "../../src/config/load.ts";
import type { Secrets } from "../../src/config/secrets.ts";
import type { Database } from "../../src/store/database.ts";

/** Pino's number of `error`. */
const FAULT = 50;

/** Of the tokens of all test nodes. */
export const NODE_SECRET = "the secret that tests of a whole node sign their tokens with";

const SECRETS: Secrets = {
  databaseUrl: undefined,
  databasePassword: "",
  jwtSecret: NODE_SECRET,
  fingerprintKey: Buffer.alloc(32, 1),
};

/** Someone with a token. */
export interface Person {
  readonly id: string;
  readonly token: string;
  readonly username: string;
  /** Sent along with every request: `Parley-Act-As`. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Asked {
  /** Sent as JSON; texts and bytes are sent as they are. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answered<T> {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly body: T;
}

export type TestNode = Awaited<ReturnType<typeof startNode>>;

/** Who asks: a person, a bare token, or nobody. */
export type Who = Pick<Person, "token" | "headers"> | string | undefined;

/** A whole node as `compose` makes it, on a free port; every answer is compared with its definition. Variables are those of the environment. */
export async function startNode(database: Database, variables: Readonly<Record<string, string>> = {}) {
  const logged: string[] = [];
  const logger = pino({ level: "debug" }, { write: (line: string) => void logged.push(line) });
  const { config } = loadSettings({ PORT: "0", PARLEY_DEV: "off", PARLEY_RATE_LIMITS: "off", ...variables });
  const parley = await compose(config, SECRETS, { database, checkResponses: true, logger });
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const service = await mint({ sub: "host", scope: "service" });

  /** One request. The path is sent as it is written, however odd. */
  async function call<T = Record<string, unknown>>(
    who: Who,
    method: string,
    path: string,
    asked: Asked = {},
  ): Promise<Answered<T>> {
    const { token, headers = {} } = typeof who === "object" ? who : { token: who };
    const body =
      asked.body === undefined || typeof asked.body === "string" || Buffer.isBuffer(asked.body)
        ? asked.body
        : JSON.stringify(asked.body);
    const answer = await exchange({ url: parley.url, agent, method, path }, body, {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined
        ? {}
        : { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) }),
      ...headers,
      ...asked.headers,
    });
    return { ...answer, body: parsed(answer) as T };
  }

  /** The same for a request that has to succeed; answers the body. */
  async function done<T = Record<string, unknown>>(who: Who, method: string, path: string, body?: unknown): Promise<T> {
    const answer = await call<T>(who, method, path, { body });
    if (answer.status >= 300)
      throw new Error(
        `${method} ${path}: ${answer.status} ${answer.text} ${answer.status >= 500 ? logged.at(-1) : ""}`,
      );
    return answer.body;
  }

  async function person(name: string, claims: JWTPayload = {}): Promise<Person> {
    const sub = `${name}-${randomUUID().slice(0, 8)}`;
    const token = await mint({ sub, name, preferred_username: sub, ...claims });
    const { id, username } = await done<OwnUser>(token, "GET", "/v1/users/me");
    return { id, username, token };
  }

  return {
    url: parley.url,
    database,
    /** Lines of the log, as they were written. */
    logged,
    /** Those of them that tell of a fault. */
    faults: () => logged.filter((line) => (JSON.parse(line) as { level: number }).level >= FAULT),
    /** The host's backend in its own name. */
    host: { id: "", username: "", token: service } satisfies Person,
    call,
    done,
    person,
    /** A program with a token of its own. */
    async agent(name: string): Promise<Person> {
      const username = `${name}-${randomUUID().slice(0, 8)}`;
      const { id } = await done<AgentUser>(service, "POST", "/v1/agents", { username, display_name: name });
      const { token } = await done<IssuedAgentToken>(service, "POST", `/v1/agents/${id}/tokens`, {});
      return { id, username, token };
    },
    /** The host's backend acting for somebody. */
    actingFor: (who: Pick<Person, "id" | "username">): Person => ({
      id: who.id,
      username: who.username,
      token: service,
      headers: { "parley-act-as": who.id },
    }),
    async close(): Promise<void> {
      agent.destroy();
      await parley.close();
    },
  };
}

/** A token that says this; an hour long unless it says otherwise. */
export function mint(claims: JWTPayload, secret = NODE_SECRET): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  return new SignJWT({ iat: now, exp: now + 3_600, ...claims })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .sign(Buffer.from(secret));
}

interface Line {
  readonly url: string;
  readonly agent: Agent;
  readonly method: string;
  readonly path: string;
}

type Raw = Omit<Answered<never>, "body">;

function exchange(
  { url, agent, method, path }: Line,
  body: string | Buffer | undefined,
  headers: Record<string, string>,
): Promise<Raw> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ hostname, port, agent, method, path, headers }, (incoming) => {
      const status = incoming.statusCode ?? 0;
      // Nobody waits for the end of a stream of events.
      if (incoming.headers["content-type"]?.startsWith("text/event-stream") === true) {
        incoming.destroy();
        resolve({ status, headers: incoming.headers, text: "" });
        return;
      }
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("error", reject);
      incoming.on("end", () => resolve({ status, headers: incoming.headers, text: Buffer.concat(chunks).toString() }));
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

function parsed({ headers, text }: Raw): unknown {
  const isJson = text !== "" && headers["content-type"]?.includes("json") === true;
  return isJson ? JSON.parse(text) : undefined;
}
