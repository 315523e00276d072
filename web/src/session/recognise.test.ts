import { describe, expect, test, vi } from "vitest";
import { recognise } from "./recognise.ts";
import { subjectOf } from "./subject.ts";

const tokenOf = (sub: string): string => `x.${btoa(JSON.stringify({ sub }))}.x`;
const AGAIN = { renew: true };

describe("whose tokens they are", () => {
  test("a source that says so itself is not asked", async () => {
    const getToken = vi.fn<() => string>(() => tokenOf("ada"));
    const ada = await recognise({ account: "demo ada", getToken }, undefined);
    expect([ada?.account, getToken.mock.calls.length]).toEqual(["demo ada", 0]);
  });

  test("otherwise the first token says so, and is asked for once", async () => {
    const getToken = vi.fn<() => string>(() => tokenOf("ada"));
    const ada = await recognise({ getToken }, "grace");
    expect(ada?.account).toBe("ada");
    expect(await ada?.getToken({ renew: false })).toBe(tokenOf("ada"));
    expect(getToken).toHaveBeenCalledTimes(1);
  });

  test("nobody is signed in where there is no token", async () => {
    expect(await recognise({ getToken: () => null }, "ada")).toBeUndefined();
  });

  test("a source that is away leaves it at who it was the last time, and else fails", async () => {
    const getToken = () => Promise.reject(new TypeError("no network"));
    expect((await recognise({ getToken }, "ada"))?.account).toBe("ada");
    await expect(recognise({ getToken }, undefined)).rejects.toThrow("no network");
  });

  test("a source that does not answer is away", async () => {
    const getToken = () => new Promise<string>(() => undefined);
    expect((await recognise({ getToken }, "ada", 5))?.account).toBe("ada");
  });

  test("a later token of somebody else is none", async () => {
    const tokens = [tokenOf("ada"), tokenOf("ada"), tokenOf("grace")];
    const ada = await recognise({ getToken: () => tokens.shift() ?? null }, undefined);
    expect(await ada?.getToken(AGAIN)).toBe(tokenOf("ada"));
    expect(await ada?.getToken(AGAIN)).toBe(tokenOf("ada"));
    expect(await ada?.getToken(AGAIN)).toBeNull();
  });

  test("after an absence as well", async () => {
    const answers = [() => Promise.reject(new TypeError("no network")), () => Promise.resolve(tokenOf("grace"))];
    const ada = await recognise({ getToken: () => answers.shift()?.() ?? null }, "ada");
    expect(await ada?.getToken(AGAIN)).toBeNull();
  });
});

test("a subject is read as UTF-8, and what is no JWT has none", () => {
  const body = btoa(String.fromCharCode(...new TextEncoder().encode(JSON.stringify({ sub: "jörg" }))));
  expect([subjectOf(`x.${body}.x`), subjectOf("prly_agent"), subjectOf("a.b.c")]).toEqual([
    "jörg",
    undefined,
    undefined,
  ]);
});
