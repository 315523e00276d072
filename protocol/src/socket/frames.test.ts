import fc from "fast-check";
import * as z from "zod";
import { describe, expect, it } from "vitest";
import { EPOCH, IDS, member, message } from "../http/examples.ts";
import { command, COMMAND_TYPES } from "./commands.ts";
import type { CommandInput } from "./commands.ts";
import { CHANGE_EVENT_TYPES, serverFrame } from "./events.ts";
import { OK_DATA } from "./replies.ts";

const place = { conversation_id: IDS.conversation };
const of = { ...place, message_id: IDS.message };

const commands: CommandInput[] = [
  { type: "authenticate", id: "0", data: { token: "t" } },
  { type: "resume", id: "1", data: { epoch: EPOCH, conversations: { [IDS.conversation]: 118 } } },
  { type: "send_message", id: "2", data: { id: IDS.message, ...place, content: "hello" } },
  { type: "edit_message", id: "3", data: { ...of, content: "hello!" } },
  { type: "delete_message", id: "4", data: of },
  { type: "add_reaction", id: "5", data: { ...of, reaction: "👍" } },
  { type: "remove_reaction", id: "6", data: { ...of, reaction: "👍" } },
  { type: "mark_read", id: "7", data: { ...place, seq: 118 } },
  { type: "mark_delivered", id: "8", data: place },
  { type: "typing", data: { ...place, is_typing: true } },
  { type: "open", data: place },
  { type: "close", data: place },
  { type: "watch_presence", data: { user_ids: [IDS.ada] } },
  { type: "set_presence", data: { status: "away" } },
  { type: "ping" },
];

const envelope = { ...place, version: 122, user_id: IDS.ada, timestamp: message.created_at };

describe("commands", () => {
  it.each(commands)("takes $type", (frame) => {
    expect(command.safeParse(frame).error?.issues ?? []).toEqual([]);
  });

  it("has an example of each here, and an answer for each", () => {
    expect(commands.map(({ type }) => type)).toEqual(COMMAND_TYPES);
    const answered = [...Object.keys(OK_DATA), "authenticate", "resume", "ping"];
    expect(answered.sort()).toEqual([...COMMAND_TYPES].sort());
  });

  it("refuses what is no command, and never throws", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...COMMAND_TYPES), (data, type) => {
        expect(command.safeParse(data).success).toBe(false);
        command.safeParse({ type, data });
      }),
    );
  });

  it("bounds ids and the conversations of one resume", () => {
    expect(command.safeParse({ type: "ping", id: "x".repeat(65) }).success).toBe(false);
    expect(command.safeParse({ type: "ping", id: 5 }).success).toBe(false);
    const conversations = Object.fromEntries(
      Array.from({ length: 501 }, (_, index) => [`0195c9a0-0000-7000-8000-${String(index).padStart(12, "0")}`, 1]),
    );
    expect(command.safeParse({ type: "resume", data: { conversations } }).success).toBe(false);
    expect(command.safeParse({ type: "resume", data: { conversations: { nonsense: 1 } } }).success).toBe(false);
  });
});

describe("server frames", () => {
  it.each([
    {
      type: "connected",
      id: "0",
      data: {
        user_id: IDS.ada,
        connection_id: "c1",
        epoch: EPOCH,
        heartbeat_seconds: 30,
        timestamp: message.created_at,
      },
    },
    { type: "ok", id: "2", data: { message, duplicate: false } },
    { type: "error", data: { code: "invalid_frame", message: "Send JSON." } },
    {
      type: "message.created",
      ...envelope,
      data: { ...message, thread: { root_id: IDS.message, reply_count: 1, last_reply_at: message.created_at } },
    },
    {
      type: "reaction.added",
      ...envelope,
      data: { message_id: IDS.message, reaction: "👍", user_id: IDS.ada, count: 1 },
    },
    { type: "member.removed", ...envelope, data: { ...member, left_at: message.created_at } },
    { type: "version.skipped", ...envelope, user_id: null, data: {} },
    {
      type: "read.updated",
      ...place,
      user_id: IDS.ada,
      timestamp: message.created_at,
      data: { last_read_seq: 2, last_read_at: message.created_at },
    },
    { type: "typing.start", ...place, user_id: IDS.ada, timestamp: message.created_at, data: {} },
    { type: "space.updated", user_id: null, timestamp: message.created_at, data: { space_id: IDS.space } },
  ])("takes $type", (frame) => {
    expect(serverFrame.safeParse(frame).error?.issues ?? []).toEqual([]);
  });

  it("never gives a command's name to an event", () => {
    for (const type of CHANGE_EVENT_TYPES) expect(type).toMatch(/^[a-z]+\.[a-z]+$/);
    for (const type of COMMAND_TYPES) expect(type).not.toContain(".");
  });

  it("can be written as JSON Schema", () => {
    expect(z.toJSONSchema(serverFrame, { io: "output" })).toBeDefined();
    expect(z.toJSONSchema(command, { io: "input" })).toBeDefined();
  });
});
