import { expect, test } from "vitest";
import { createLogger, redactUrl } from "./logger.ts";

function logged(write: (logger: ReturnType<typeof createLogger>) => void, pretty = false): string {
  const lines: string[] = [];
  write(createLogger({ level: "info", pretty, destination: { write: (line) => void lines.push(line) } }));
  return lines.join("");
}

test("no token reaches the log: not by header, query, name or error", () => {
  const error = Object.assign(new Error("duplicate key"), { detail: "Key (content)=(s3cret) already exists." });
  const line = logged((logger) => {
    logger.info({ req: { id: 1, method: "GET", url: "/v1/messaging/ws?token=s3cret&x=1", headers: { a: "s3cret" } } });
    logger.info({ headers: { authorization: "Bearer s3cret", "sec-websocket-protocol": "bearer.s3cret" } });
    logger.info({ frame: { data: { token: "s3cret" } }, token: "s3cret", config: { connectionString: "s3cret" } });
    logger.error({ err: error });
  });
  expect(line).not.toContain("s3cret");
  expect(line).toContain("duplicate key");
  expect(line).toContain("x=1");
});

test("lines are JSON with a readable time and level", () => {
  const line: unknown = JSON.parse(logged((logger) => logger.warn({ n: 1 }, "careful")));
  expect(line).toMatchObject({ level: "warn", n: 1, msg: "careful", time: expect.stringMatching(/^\d{4}-.*Z$/) });
});

test("the level holds back what is below it", () => {
  expect(logged((logger) => logger.debug("quiet"))).toBe("");
});

test("both spellings of a token in a query are masked, other parameters stay", () => {
  expect(redactUrl("/ws?a=1&access_token=abc#x")).toBe("/ws?a=1&access_token=[redacted]#x");
  expect(redactUrl("/ws?TOKEN=abc")).toBe("/ws?TOKEN=[redacted]");
});
