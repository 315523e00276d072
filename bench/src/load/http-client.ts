import { Agent, request } from "node:http";

/** A bare HTTP client with connections kept alive: `fetch` costs the generator more than the service. */
export interface HttpClient {
  /** Posts JSON; answers the status. */
  post(path: string, token: string, body: string): Promise<number>;
  /** Answers the body; throws where the status is not 200. */
  get(path: string, token: string): Promise<string>;
  close(): void;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

export function createHttpClient(url: string, connections: number): HttpClient {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const { hostname, port } = new URL(url);

  function ask(method: string, path: string, headers: Record<string, string | number>, body?: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const asked = request({ agent, hostname, port, method, path, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.once("end", () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
        );
      });
      asked.once("error", reject);
      asked.end(body);
    });
  }

  return {
    async post(path, token, body) {
      const headers = {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
      };
      return (await ask("POST", path, headers, body)).status;
    },
    async get(path, token) {
      const { status, body } = await ask("GET", path, { authorization: `Bearer ${token}` });
      if (status !== 200) throw new Error(`GET ${path} was answered with ${status}: ${body.slice(0, 500)}`);
      return body;
    },
    close: () => agent.destroy(),
  };
}
