import type { TokenSource } from "../token-source.ts";

/** The host application knows by its own cookie who is there, and answers with a token as text; 401 says nobody. */
export function createHostSource(url: string): TokenSource {
  return {
    async getToken() {
      const response = await fetch(url, { method: "POST", credentials: "include" });
      if (response.status === 401 || response.status === 403) return null;
      if (!response.ok) throw new Error(`The host application answered ${response.status}.`);
      return (await response.text()).trim();
    },
  };
}
