import * as z from "zod";
import { describe, expect, it } from "vitest";
import type { Endpoint } from "../endpoint.ts";
import { endpoints } from "./endpoints.ts";

const all: [string, Endpoint][] = Object.entries(endpoints);

/** Why a value is not of a schema, for a readable failure. */
function problems(schema: z.ZodType, value: unknown): unknown {
  return schema.safeParse(value).error?.issues ?? [];
}

describe("the HTTP API", () => {
  it("has each id once, under its own name", () => {
    for (const [key, { id }] of all) expect(id).toBe(key);
  });

  it("has each method and path once", () => {
    const routes = all.map(([, { method, path }]) => `${method} ${path}`);
    expect(new Set(routes).size).toBe(routes.length);
    expect(routes.length).toBeGreaterThan(75);
  });

  it.each(all)("%s describes exactly the parameters of its path", (_id, { path, params }) => {
    const named = [...path.matchAll(/:(\w+)/g)].map((match) => match[1]);
    expect(Object.keys(params?.shape ?? {})).toEqual(named);
  });

  it.each(all)("%s answers DELETE without content, and lists each error once", (_id, { method, responses, errors }) => {
    expect(method !== "DELETE" || Object.keys(responses).join() === "204").toBe(true);
    expect(new Set(errors).size).toBe(errors.length);
  });

  it.each(all)("%s has an example that its own schemas take", (_id, { params, query, body, responses, example }) => {
    const answers = Object.values(responses).map((schema) => schema ?? z.undefined());
    expect(params ? problems(params, example?.params) : []).toEqual([]);
    expect(query ? problems(query, example?.query ?? {}) : []).toEqual([]);
    expect(body ? problems(body, example?.body) : []).toEqual([]);
    // Which status the answer belongs to does not matter here: any that takes it.
    const fitting = answers.filter((schema) => schema.safeParse(example?.response).success);
    const whyNot = answers.map((schema) => problems(schema, example?.response));
    expect(fitting.length > 0 ? [] : whyNot).toEqual([]);
  });

  it.each(all)("%s can be written as JSON Schema", (_id, { params, query, body, responses }) => {
    const asked = [params, query, body].filter((schema) => schema !== undefined);
    const answered = Object.values(responses).filter((schema) => schema !== null);
    expect(() => asked.map((schema) => z.toJSONSchema(schema, { io: "input" }))).not.toThrow();
    expect(() => answered.map((schema) => z.toJSONSchema(schema, { io: "output" }))).not.toThrow();
  });
});
