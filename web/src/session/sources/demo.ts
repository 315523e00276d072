import type { TokenSource } from "../token-source.ts";

/** Dev mode: the service mints a token for whoever asks for one of the demo people. */
export function createDemoSource(id: string): TokenSource {
  return {
    account: `demo ${id}`,
    async getToken() {
      const response = await fetch(`/demo/${encodeURIComponent(id)}`, { headers: { accept: "application/json" } });
      // Dev mode was switched off, or the person is gone: nobody is signed in.
      if (response.status === 404) return null;
      if (!response.ok) throw new Error(`The service answered ${response.status}.`);
      return ((await response.json()) as { token: string }).token;
    },
  };
}
