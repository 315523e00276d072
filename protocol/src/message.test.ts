import { describe, expect, it } from "vitest";
import { messageListQuery } from "./message-list.ts";
import { editMessage, sendMessage, sendMessageTo } from "./message.ts";

const ID = "0195c9a0-0000-7000-8000-0000000000a1";
const picture = { kind: "image", name: "a.png", mimetype: "image/png", size: 5 };

function problems(
  schema: { safeParse(value: unknown): { error?: { issues: { path: PropertyKey[] }[] } | undefined } },
  value: unknown,
): string[] {
  return (schema.safeParse(value).error?.issues ?? []).map((issue) => issue.path.join("."));
}

describe("sendMessage", () => {
  it("is a text unless it says otherwise", () => {
    expect(sendMessage.parse({ content: "hello" })).toEqual({ content: "hello", content_type: "text" });
  });

  it("says something: content or attachments", () => {
    expect(problems(sendMessage, {})).toEqual(["content"]);
    expect(problems(sendMessage, { content: "" })).toEqual(["content"]);
    expect(problems(sendMessage, { attachments: [] })).toEqual(["content"]);
    expect(problems(sendMessage, { attachments: [picture] })).toEqual([]);
    expect(problems(sendMessage, { content_type: "collaboration_update" })).toEqual(["content"]);
  });

  it("bounds content to 10,000 characters", () => {
    expect(problems(sendMessage, { content: "👍".repeat(10_000) })).toEqual([]);
    expect(problems(sendMessage, { content: "a".repeat(10_001) })).toEqual(["content"]);
  });

  it("describes or attaches a medium", () => {
    const metadata = { width: 4, height: 3, mimetype: "image/png", size: 5, blurhash: "x" };
    expect(problems(sendMessage, { content_type: "image", metadata })).toEqual([]);
    expect(problems(sendMessage, { content_type: "image", content: "", attachments: [picture] })).toEqual([]);
    expect(problems(sendMessage, { content_type: "image", content: "a picture" })).toEqual(["metadata"]);
    expect(problems(sendMessage, { content_type: "image", metadata: { ...metadata, width: "4" } })).toEqual([
      "metadata.width",
    ]);
    expect(problems(sendMessage, { content_type: "file", metadata })).toEqual(["metadata.name"]);
  });

  it("refuses unknown fields and wrong types without throwing", () => {
    expect(problems(sendMessage, { content: "a", contnet: "b" })).toEqual([""]);
    expect(problems(sendMessage, { content: 5 })).toEqual(["content"]);
    expect(problems(sendMessage, null)).toEqual([""]);
    expect(problems(editMessage, { content: "" })).toEqual(["content"]);
  });

  it("goes to one place", () => {
    expect(problems(sendMessageTo, { content: "a" })).toEqual([]);
    expect(problems(sendMessageTo, { content: "a", conversation_id: ID })).toEqual([]);
    expect(problems(sendMessageTo, { content: "a", conversation_id: ID, recipient_id: ID })).toEqual(["recipient_id"]);
  });
});

describe("messageListQuery", () => {
  it("reads an anchor as a seq, an id or a time", () => {
    expect(messageListQuery.parse({ before: "118" }).before).toEqual({ kind: "seq", seq: 118 });
    expect(messageListQuery.parse({ after: ID.toUpperCase() }).after).toEqual({ kind: "id", id: ID });
    expect(messageListQuery.parse({ around: "2026-03-01T11:30:00+02:00" }).around).toEqual({
      kind: "time",
      time: "2026-03-01T09:30:00.000Z",
    });
  });

  it.each(["", "-1", "1.5", "yesterday", "99999999999999999", "2026-13-01T00:00:00Z"])(
    "refuses %j as an anchor",
    (before) => {
      expect(problems(messageListQuery, { before })).toEqual(["before"]);
    },
  );

  it("takes one anchor at a time", () => {
    expect(problems(messageListQuery, { before: "1", after: "2" })).toEqual(["cursor"]);
    expect(messageListQuery.parse({})).toEqual({ limit: 50, threads: "all" });
  });
});
