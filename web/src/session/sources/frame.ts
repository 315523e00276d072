import type { TokenSource } from "../token-source.ts";

const PATIENCE_MS = 10_000;

/**
 * The page around this one hands over tokens. It is asked with `{type: "parley.token_wanted"}` and answers
 * `{type: "parley.token", token}`, or `token: null` where nobody is signed in.
 */
export function createFrameSource(origins: readonly string[], patienceMs = PATIENCE_MS): TokenSource {
  return {
    getToken: ({ renew }) =>
      new Promise((resolve, reject) => {
        const end = (): void => {
          clearTimeout(timer);
          window.removeEventListener("message", hear);
        };
        const timer = setTimeout(() => {
          end();
          reject(new Error("The page around this one gave no token."));
        }, patienceMs);
        function hear({ source, origin, data }: MessageEvent<unknown>): void {
          if (source !== window.parent || !origins.includes(origin) || !isAnswer(data)) return;
          end();
          resolve(data.token);
        }
        window.addEventListener("message", hear);
        // Nothing secret is in the question, and whose frame this is is only known from the answer.
        window.parent.postMessage({ type: "parley.token_wanted", renew }, "*");
      }),
  };
}

function isAnswer(data: unknown): data is { token: string | null } {
  if (typeof data !== "object" || data === null || !("type" in data) || data.type !== "parley.token") return false;
  return "token" in data && (data.token === null || typeof data.token === "string");
}
