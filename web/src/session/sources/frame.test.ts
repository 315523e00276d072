import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createFrameSource } from "./frame.ts";

const HOST = "https://app.example.com";
const asked = vi.fn<(message: unknown, origin: string) => void>();
const parent = { postMessage: asked } as unknown as Window;

beforeEach(() => vi.stubGlobal("parent", parent));
afterEach(() => {
  vi.unstubAllGlobals();
  asked.mockClear();
});

function answer(data: unknown, { origin = HOST, source = parent }: { origin?: string; source?: Window } = {}): void {
  window.dispatchEvent(new MessageEvent("message", { data, origin, source }));
}

test("the page around the app is asked, and its answer taken", async () => {
  const token = createFrameSource([HOST]).getToken({ renew: false });
  expect(asked).toHaveBeenCalledWith({ type: "parley.token_wanted", renew: false }, "*");
  answer({ type: "parley.token", token: "abc" });
  expect(await token).toBe("abc");
});

test("answers of others, and what is no answer, are not heard", async () => {
  const token = createFrameSource([HOST]).getToken({ renew: true });
  answer({ type: "parley.token", token: "evil" }, { origin: "https://evil.example.com" });
  answer({ type: "parley.token", token: "evil" }, { source: window });
  answer({ type: "parley.token", token: 7 });
  answer("parley.token");
  answer({ type: "parley.token", token: null });
  expect(await token).toBeNull();
});

test("a page that does not answer is not waited for", async () => {
  await expect(createFrameSource([HOST], 5).getToken({ renew: false })).rejects.toThrow("gave no token");
});
