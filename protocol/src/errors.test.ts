import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CLOSE_CODES } from "./close-codes.ts";
import { ERROR_CODES, errorEntry, ParleyError, problem, problemType } from "./errors.ts";

const reference = (name: string): string =>
  readFileSync(new URL(`../../docs/reference/${name}`, import.meta.url), "utf8");

describe("the catalogue of errors", () => {
  it("is what its reference lists: the same codes with the same statuses, words and order", () => {
    const rows = [...reference("errors.md").matchAll(/^\| `(\w+)` \|(.*)\|$/gm)].map((row) => [
      row[1],
      ...(row[2] ?? "").split(" | ").map((cell) => cell.trim()),
    ]);
    const catalogue = ERROR_CODES.map((code) => {
      const { status, grpcStatus, socketCode, title, description } = errorEntry(code);
      return [
        code,
        String(status),
        grpcStatus,
        socketCode === undefined ? "" : String(socketCode),
        `**${title}.** ${description}`,
      ];
    });
    expect(rows).toEqual(catalogue);
  });

  it("names every close code in the socket's reference", () => {
    const rows = [...reference("socket-protocol.md").matchAll(/^\| (\d{4}) \| (\w+) \|/gm)].map((row) => [
      row[2],
      Number(row[1]),
    ]);
    expect(Object.fromEntries(rows)).toEqual(CLOSE_CODES);
  });
});

describe("ParleyError", () => {
  it("carries what an adapter needs", () => {
    const cause = new Error("inner");
    const error = new ParleyError("rate_limited", { detail: "Wait a moment.", retryAfterSeconds: 3, cause });
    expect(error).toMatchObject({
      name: "ParleyError",
      code: "rate_limited",
      message: "Wait a moment.",
      retryAfterSeconds: 3,
      cause,
    });
    expect(Object.hasOwn(new ParleyError("not_found", { detail: "No." }), "cause")).toBe(false);
  });

  it("becomes a problem document", () => {
    const { status, title } = errorEntry("not_found");
    const document = {
      type: problemType("not_found"),
      title,
      status,
      detail: "No.",
      code: "not_found",
      request_id: "r1",
    };
    expect(problem.parse(document)).toEqual(document);
  });
});
