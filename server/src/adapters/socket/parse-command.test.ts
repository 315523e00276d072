import fc from "fast-check";
import { COMMAND_TYPES } from "@parley/protocol";
import { expect, test } from "vitest";
import { parseCommand } from "./parse-command.ts";

const parse = (frame: unknown) => parseCommand(Buffer.from(typeof frame === "string" ? frame : JSON.stringify(frame)));

test("whatever comes is a command or says what is wrong with it", () => {
  const type = fc.oneof(fc.constantFrom(...COMMAND_TYPES), fc.string(), fc.jsonValue());
  const frame = fc.record(
    { type, id: fc.oneof(fc.string(), fc.jsonValue()), data: fc.jsonValue() },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), frame, fc.uint8Array()), (input) => {
      const command = input instanceof Uint8Array ? parseCommand(Buffer.from(input)) : parse(input);
      if (command.error) expect(["invalid_frame", "validation_failed"]).toContain(command.error.code);
      else expect(COMMAND_TYPES).toContain(command.type);
    }),
    { numRuns: 2_000 },
  );
});

test("the id is there as soon as it can be read, and data may be left out where all of it may", () => {
  expect(parse({ type: "fly", id: "7" })).toMatchObject({ id: "7", error: { code: "invalid_frame" } });
  expect(parse({ type: "open", id: "7", data: {} })).toMatchObject({ id: "7", error: { code: "validation_failed" } });
  expect(parse({ type: "open", id: "x".repeat(65) })).toMatchObject({
    id: undefined,
    error: { errors: [{ path: "id" }] },
  });
  expect(parse({ type: "ping", id: "7" })).toEqual({ type: "ping", id: "7", data: {} });
  expect(parse({ type: "resume" })).toMatchObject({ type: "resume", id: undefined, data: { conversations: {} } });
});

test("ids are in lower case afterwards, those of named conversations too", () => {
  const id = "0195C9A0-0000-7000-8000-0000000000A1";
  expect(parse({ type: "resume", data: { conversations: { [id]: 3 } } })).toMatchObject({
    data: { conversations: { [id.toLowerCase()]: 3 } },
  });
});
