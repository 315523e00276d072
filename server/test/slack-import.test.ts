import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openArchive } from "../src/adapters/slack-export/archive.ts";
import { idsFrom } from "../src/adapters/slack-export/convert.ts";
import { importSlackExport } from "../src/adapters/slack-export/import.ts";
import { isReconciled, reportLines, totalsOf, type ImportReport } from "../src/adapters/slack-export/report.ts";
import { createHistoryImport } from "../src/services/imports/import-history.ts";
import { expectSound, startCommitter } from "./harness/committer.ts";
import { useTestDatabase } from "./harness/database.ts";
import { zipOf } from "./harness/zip.ts";

const CORPUS = resolve(import.meta.dirname, "../../../shared/data/slack-export.zip");

const store = useTestDatabase();
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "parley-import-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function importFile(file: string, source = "slack"): Promise<ImportReport> {
  await using archive = await openArchive(file);
  await using committer = startCommitter(store.database);
  const history = createHistoryImport({
    database: store.database,
    committer,
    fingerprintKey: Buffer.from("a key for tests"),
  });
  return await importSlackExport({ archive, history, source, spaceName: "Slack", onProgress: () => undefined });
}

async function importFiles(name: string, files: Record<string, unknown>, source?: string): Promise<ImportReport> {
  const path = join(folder, `${name}.zip`);
  await writeFile(
    path,
    zipOf(
      Object.fromEntries(
        Object.entries(files).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
      ),
    ),
  );
  return await importFile(path, source);
}

const USERS = [
  { id: "U1", name: "ada", profile: { display_name: "Ada L.", real_name: "Ada" } },
  { id: "U2", name: "grace.h", real_name: "Grace" },
  { id: "U3", name: "gone", deleted: true },
];

const EXPORT = {
  "users.json": USERS,
  "channels.json": [
    {
      id: "C1",
      name: "general",
      created: 1_500_000_000,
      creator: "U1",
      members: ["U1", "U2"],
      purpose: { value: "All things" },
      pins: [{ id: "1517000002.000000", user: "U2", created: 1_517_000_100 }],
    },
  ],
  "dms.json": [{ id: "D1", created: 1_500_000_000, members: ["U1", "U2"] }],
  "general/2018-01-26.json": [
    {
      type: "message",
      ts: "1517000001.000000",
      user: "U1",
      text: "hello <@U2> &amp; all",
      reactions: [{ name: "wave", users: ["U2", "U9", "U2"], count: 2 }],
      thread_ts: "1517000001.000000",
    },
    {
      type: "message",
      ts: "1517000002.000000",
      user: "U2",
      text: "*hi*",
      thread_ts: "1517000001.000000",
      edited: { user: "U2", ts: "1517000050.000000" },
    },
    {
      type: "message",
      ts: "1517000003.000000",
      subtype: "channel_join",
      user: "U2",
      text: "<@U2> has joined the channel",
    },
    {
      type: "message",
      ts: "1517000004.000000",
      subtype: "bot_message",
      bot_id: "B1",
      username: "buildbot",
      text: "build is green",
    },
    {
      type: "message",
      ts: "1517000005.000000",
      user: "U1",
      text: "a file",
      files: [
        {
          id: "F1",
          name: "a.png",
          mimetype: "image/png",
          size: 12,
          url_private: "https://files.example.org/a.png",
          original_w: 2,
          original_h: 3,
        },
      ],
    },
    { type: "message", ts: "1517000006.000000", user: "U1", subtype: "tombstone", text: "This message was deleted." },
    {
      type: "message",
      ts: "1517000007.000000",
      user: "U1",
      text: "an answer to nothing",
      thread_ts: "1400000000.000000",
    },
    { type: "message", ts: "1517000005.000000", user: "U1", text: "a file" },
    { type: "presence_change", ts: "1517000008.000000" },
    { type: "message", text: "without a time" },
  ],
  "D1/2018-01-27.json": [{ type: "message", ts: "1517100001.000000", user: "U2", text: "just us" }],
};

test("brings over channels, threads, edits, reactions, pins, files, tombstones and direct messages, and accounts for the rest", async () => {
  const report = await importFiles("all", EXPORT);
  const totals = totalsOf(report);
  expect(totals).toMatchObject({
    channels: 2,
    read: 11,
    written: 8,
    present: 0,
    skipped: 3,
    threads: 2,
    replies: 2,
    rootless: 1,
    edits: 1,
    reactions: 3,
    files: 1,
    pins: 1,
    now: 8,
  });
  expect(report.channels[0]?.skipped).toEqual({
    "the same message again": 1,
    "of type presence_change": 1,
    "not a Slack message": 1,
  });
  expect(isReconciled(report)).toBe(true);
  expect(reportLines(report).join("\n")).toContain("11 read = 8 written + 0 there already + 3 skipped");
  const ids = idsFrom("slack");
  await expectSound(store.database, ids.conversation("C1"));
  await expectSound(store.database, ids.conversation("D1"));
  const rows = await store.database.query({
    text: `SELECT m.content, m.content_type, m.reaction_count, u.username, m.created_at, m.edited_at, m.deleted_at IS NOT NULL AS deleted, m.pinned_at IS NOT NULL AS pinned,
             m.parent_id, m.reply_count, jsonb_array_length(m.attachments) AS files, m.mentions
           FROM messages m JOIN users u ON u.id = m.sender_id WHERE conversation_id = $1 ORDER BY seq`,
    values: [ids.conversation("C1")],
  });
  const rootId = ids.message("C1", "1517000001.000000");
  expect(rows).toMatchObject([
    {
      content: "hello @grace.h & all",
      username: "ada",
      reply_count: 1,
      reaction_count: 2,
      mentions: [ids.user("U2")],
      created_at: new Date(1_517_000_001_000),
    },
    { content: "**hi**", parent_id: rootId, pinned: true, edited_at: new Date(1_517_000_050_000) },
    { content: "@grace.h has joined the channel", content_type: "system_notification" },
    { content: "build is green", username: "buildbot" },
    { content: "a file", files: 1 },
    { content: "", deleted: true },
    { content: "an answer to nothing", parent_id: null },
  ]);
});

test("a second import adds nothing, and a later export adds what is new", async () => {
  const again = totalsOf(await importFiles("again", EXPORT));
  expect(again).toMatchObject({ read: 11, written: 0, present: 8, skipped: 3, now: 8 });
  const more = {
    ...EXPORT,
    "general/2018-01-28.json": [
      { type: "message", ts: "1517200001.000000", user: "U2", text: "later", thread_ts: "1517000001.000000" },
    ],
  };
  const later = totalsOf(await importFiles("later", more));
  expect(later).toMatchObject({ written: 1, present: 8, now: 9 });
  await expectSound(store.database, idsFrom("slack").conversation("C1"));
});

test("nothing of an archive is unread, and what a later export adds is", async () => {
  const rows = await store.database.query({
    text: `SELECT h.message_count - m.last_read_ordinal AS unread FROM member_marks m JOIN conversation_heads h USING (conversation_id) WHERE conversation_id = $1`,
    values: [idsFrom("slack").conversation("C1")],
  });
  expect(rows).toEqual([{ unread: 1 }, { unread: 1 }]);
});

test("another workspace with the same ids and names stays apart", async () => {
  const report = await importFiles("other", EXPORT, "other");
  expect(totalsOf(report)).toMatchObject({ written: 8, present: 0 });
  const names = await store.database.query({
    text: "SELECT username FROM users WHERE external_id IN ('slack:U1', 'other:U1') ORDER BY external_id",
  });
  expect(names).toEqual([{ username: "ada-2" }, { username: "ada" }]);
});

test.each([
  ["no zip file", "this is text", /cannot be read as a zip file/],
  ["no export", zipOf({ "readme.json": "{}" }), /no Slack export/],
  ["no JSON", zipOf({ "users.json": "[", "channels.json": "[]" }), /users.json is no JSON/],
  [
    "another shape",
    zipOf({ "users.json": '[{"id":5}]', "channels.json": "[]" }),
    /users.json is not as Slack writes it: 0.id/,
  ],
])("says what is wrong with %s", async (name, content, message) => {
  const path = join(folder, `${name}.zip`);
  await writeFile(path, content);
  await expect(importFile(path)).rejects.toThrow(message);
});

test.skipIf(!existsSync(CORPUS))(
  `imports a real corpus whole (skipped where ../shared/data is absent)`,
  { timeout: 120_000 },
  async () => {
    const report = await importFile(CORPUS, "corpus");
    expect(totalsOf(report)).toMatchObject({
      channels: 82,
      read: 8_789,
      written: 8_789,
      skipped: 0,
      threads: 194,
      replies: 648,
      rootless: 1,
      edits: 598,
      now: 8_789,
    });
    expect(report.users.read).toBe(622);
    expect(isReconciled(report)).toBe(true);
    const edited = report.channels.reduce((sum, channel) => sum + (channel.now?.edited ?? 0), 0);
    expect(edited).toBe(598);
    expect(totalsOf(await importFile(CORPUS, "corpus"))).toMatchObject({
      read: 8_789,
      written: 0,
      present: 8_789,
      now: 8_789,
    });
    for (const channel of await store.database.query<{ id: never }>({
      text: "SELECT id FROM conversations WHERE space_id = $1",
      values: [idsFrom("corpus").space()],
    })) {
      await expectSound(store.database, channel.id);
    }
  },
);
