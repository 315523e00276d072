import { Agent, request } from "node:http";

/** A bare HTTP client with connections kept alive: `fetch` costs the generator more than the service. */
export interface HttpClient {
  /** Posts JSON; answers the status. */
  post(path: string, token: string, body: string): Promise<number>;
  close(): void;
}

export function createHttpClient(url: string, connections: number): HttpClient {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const { hostname, port } = new URL(url);
  return {
    post: (path, token, body) =>
      new Promise((resolve, reject) => {
        const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", "content-length": Buffer.byteLength(body) };
        const asked = request({ agent, hostname, port, method: "POST", path, headers }, (response) => {
          response.resume();
          response.once("end", () => resolve(response.statusCode ?? 0));
        });
        asked.once("error", reject);
        asked.end(body);
      }),
    close: () => agent.destroy(),
  };
}
