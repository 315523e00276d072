import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { v7 as uuidv7 } from "uuid";
import type { Caller } from "../src/domain/caller.ts";
import type { ConversationId, MessageId } from "../src/domain/ids.ts";
import { useTestDatabase } from "./harness/database.ts";
import { startMessages, type MessageServices } from "./harness/messages.ts";
import { HOST, makeConversation, makeUser, run, type ConversationFacts } from "./harness/rows.ts";
import { startSearch } from "./harness/searching.ts";
import { until } from "./harness/until.ts";

const store = useTestDatabase();
let messages: MessageServices;
let searching: ReturnType<typeof startSearch>;
let ada: Caller;
let bob: Caller;

beforeAll(async () => {
  messages = startMessages(store.database);
  searching = startSearch(store.database);
  [ada, bob] = await Promise.all([makeUser(store.database), makeUser(store.database)]);
});
afterAll(async () => {
  await searching[Symbol.asyncDispose]();
  await messages.close();
});

const make = (facts: ConversationFacts) => makeConversation(store.database, facts);

/** A group of a person of its own, so that tests find nothing of each other. */
async function saying(...contents: string[]): Promise<{ who: Caller; id: ConversationId }> {
  const who = await makeUser(store.database);
  const id = await make({ members: [who] });
  for (const content of contents) await messages.say(who, id, content);
  return { who, id };
}

async function foundIn(contents: string[], q: string): Promise<string[]> {
  const { who } = await saying(...contents);
  return await searching.contents(who, q);
}

describe("what is found", () => {
  test("a message, within a second after it was sent, without anybody waiting for the index", async () => {
    const { who, id } = await saying();
    await searching.follower.idle();
    await messages.say(who, id, "punctual");
    const sent = performance.now();
    await until(
      async () => (await searching.service.searchMessages(who, { q: "punctual", limit: 5 })).total === 1,
      2_000,
    );
    expect(performance.now() - sent).toBeLessThan(1_000);
  });

  test("English words in all their forms", async () => {
    expect(await foundIn(["We launched the rockets", "launching soon", "a lunch"], "launches rocket")).toEqual([
      "We launched the rockets",
    ]);
    expect(await foundIn(["We launched the rockets", "launching soon", "a lunch"], "launch")).toHaveLength(2);
  });

  test("words of other languages as they stand, whatever their accents, case and width", async () => {
    expect(await foundIn(["Treffen im Café", "CAFÉ noir", "cafeteria"], "cafe")).toHaveLength(3);
    expect(await foundIn(["un cafe\u0301 décomposé"], "café decompose")).toHaveLength(1);
    expect(await foundIn(["Łódź i Żółw", "Привет, Мир"], "lodz zolw")).toEqual(["Łódź i Żółw"]);
    expect(await foundIn(["Привет, Мир"], "мир")).toHaveLength(1);
    expect(await foundIn(["ＦＵＬＬ ｗｉｄｔｈ"], "full width")).toHaveLength(1);
    expect(await foundIn(["Die Straße"], "strasse")).toHaveLength(1);
  });

  test("parts of words", async () => {
    expect(await foundIn(["unbelievable", "believe"], "lievab")).toEqual(["unbelievable"]);
    expect(await foundIn(["see https://example.com/some/path-to?x=1"], "example.com/some")).toHaveLength(1);
    expect(await foundIn(["src/followers/search.ts"], "followers")).toHaveLength(1);
    expect(await foundIn(["call snake_case_name()"], "case_name")).toHaveLength(1);
  });

  test("Japanese, Chinese and Korean, also by one or two characters, and in one run with other letters", async () => {
    const contents = [
      "東京タワーへ行きましょう",
      "我们明天去北京吃饭",
      "안녕하세요 세계",
      "新しいiPhoneケース",
      "ﾊﾝｶｸ文字",
    ];
    const { who } = await saying(...contents);
    const found = async (q: string) => contents.indexOf((await searching.contents(who, q))[0] ?? "");
    expect(await Promise.all(["東京", "タワー", "東京タワーへ"].map(found))).toEqual([0, 0, 0]);
    expect(await Promise.all(["北京", "饭", "明天去北京"].map(found))).toEqual([1, 1, 1]);
    expect(await Promise.all(["안녕", "세", "세계", "하세요"].map(found))).toEqual([2, 2, 2, 2]);
    expect(await Promise.all(["iphoneケース", "ケース", "しいi"].map(found))).toEqual([3, 3, 3]);
    expect(await Promise.all(["ハンカク", "文字"].map(found))).toEqual([4, 4]);
    expect(await searching.contents(who, "京东")).toEqual([]);
    expect(await searching.contents(who, "東ワ")).toEqual([]);
    expect(await searching.contents(who, "京")).toHaveLength(2);
  });

  test("Thai, which has no spaces either, and emoji", async () => {
    expect(await foundIn(["สวัสดีครับ ยินดีต้อนรับ"], "ครับ")).toHaveLength(1);
    expect(await foundIn(["party 🎉", "thumbs 👍🏽", "love ❤️"], "🎉")).toEqual(["party 🎉"]);
    expect(await foundIn(["party 🎉", "thumbs 👍🏽", "love ❤️"], "👍")).toEqual(["thumbs 👍🏽"]);
    expect(await foundIn(["party 🎉", "thumbs 👍🏽", "love ❤️"], "❤")).toEqual(["love ❤️"]);
  });

  test("one or two letters as words, two also as beginnings", async () => {
    const contents = ["ok then", "okay then", "a book", "plan B", "42"];
    const { who } = await saying(...contents);
    expect((await searching.contents(who, "ok")).toSorted()).toEqual(["ok then", "okay then"]);
    expect(await searching.contents(who, "b")).toEqual(["plan B"]);
    expect(await searching.contents(who, "42")).toEqual(["42"]);
  });

  test("signs, with words and without", async () => {
    const contents = [
      "I like C++ most",
      "vitamin C",
      "what?!",
      "100% sure",
      "a_b",
      "axb",
      "a\\b",
      "#1 fan",
      "--> there",
    ];
    const { who } = await saying(...contents);
    expect(await searching.contents(who, "c++")).toEqual(["I like C++ most"]);
    expect(await searching.contents(who, "?!")).toEqual(["what?!"]);
    expect(await searching.contents(who, "-->")).toEqual(["--> there"]);
    expect(await searching.contents(who, "#1")).toEqual(["#1 fan"]);
  });

  test("wildcards of the database as the characters that they are", async () => {
    const { who } = await saying("100% sure", "100 sure", "snake_case", "snakexcase", "back\\slash", "backXslash");
    expect(await searching.contents(who, "100% sure")).toEqual(["100% sure", "100 sure"]);
    expect(await searching.contents(who, "%")).toEqual(["100% sure"]);
    expect(await searching.contents(who, "_")).toEqual(["snake_case"]);
    expect(await searching.contents(who, "ake_ca")).toEqual(["snake_case"]);
    expect(await searching.contents(who, "ack\\sla")).toEqual(["back\\slash"]);
    expect(await searching.contents(who, "%%%")).toEqual([]);
  });

  test("phrases, alternatives, and not what is negated", async () => {
    const contents = ["green apples and red pears", "red apples", "apples, red", "pears alone"];
    const { who } = await saying(...contents);
    expect(await searching.contents(who, '"red apples"')).toEqual(["red apples"]);
    expect((await searching.contents(who, "apples -green")).toSorted()).toEqual(["apples, red", "red apples"]);
    expect(await searching.contents(who, "apples -reds")).toEqual([]);
    expect((await searching.contents(who, 'green or "pears alone"')).toSorted()).toEqual([
      "green apples and red pears",
      "pears alone",
    ]);
    expect(await searching.contents(who, 'pears -"pears alone"')).toEqual(["green apples and red pears"]);
  });

  test("stop words only where there is nothing else", async () => {
    const { who } = await saying("the launch", "a launch", "over there");
    expect(await searching.contents(who, "the launch")).toHaveLength(2);
    expect(await searching.contents(who, "the")).toEqual(["the launch"]);
    expect(await searching.contents(who, '"the launch"')).toHaveLength(1);
  });

  test("files by their names", async () => {
    const { who, id } = await saying();
    const file = { kind: "file", name: "Quartalsbericht.pdf", mimetype: "application/pdf", size: 1 } as const;
    await messages.say(who, id, { content: "", attachments: [file] });
    expect((await searching.search(who, "bericht")).items.map(({ snippet }) => snippet)).toEqual([
      "Quartals<mark>bericht</mark>.pdf",
    ]);
  });

  test("whatever text is asked for, without an error", async () => {
    const { who } = await saying("hello");
    const odd = [
      "'",
      "''",
      "\\",
      "\\\\",
      "a & b | !c",
      "a <-> b",
      ":*",
      "a:*",
      "!!!",
      "()",
      "$1",
      "'; DROP TABLE users; --",
      '"',
      '""',
      '-"',
      "or or or",
      "🏴‍☠️",
      "\u202E",
      "a\u0301\u0301",
      "İ",
      "ﷺ",
      "x".repeat(256),
      "東".repeat(256),
      "a b c d e f g h i j k l m n o p q r s t u v w x y z",
      "-a -b",
      "<b>",
      "&amp;",
    ];
    for (const q of odd) expect([q, (await searching.search(who, q)).total]).toEqual([q, 0]);
  });
});

describe("the order", () => {
  test("is the best first, and of equals the latest", async () => {
    const { who } = await saying("one zebra", "two zebra", "zebra zebra zebra", "zebralike");
    expect(await searching.contents(who, "zebra")).toEqual([
      "zebra zebra zebra",
      "two zebra",
      "one zebra",
      "zebralike",
    ]);
  });

  test("stays the same from page to page, and every hit comes once", async () => {
    const { who } = await saying(...Array.from({ length: 23 }, (_, n) => `needle ${"hay ".repeat(n % 3)}${n}`));
    const all = await searching.contents(who, { q: "needle", limit: "100" });
    const paged: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await searching.search(who, { q: "needle", limit: "5", ...(cursor ? { cursor } : {}) });
      expect(page.total).toBe(23);
      paged.push(...page.items.map(({ message }) => message.content));
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
    expect(paged).toEqual(all);
    expect(new Set(paged).size).toBe(23);
  });

  test("refuses a cursor of another list", async () => {
    await expect(searching.search(ada, { q: "x", cursor: "abc" })).rejects.toMatchObject({ code: "validation_failed" });
    const cursor = Buffer.from(JSON.stringify([1, 2])).toString("base64url");
    await expect(searching.search(ada, { q: "x", cursor })).rejects.toMatchObject({ code: "validation_failed" });
  });
});

describe("filters", () => {
  test("narrow by conversation, sender, kind and time", async () => {
    const group = await make({ members: [ada, bob] });
    const direct = await make({ kind: "direct", members: [ada, bob] });
    await messages.say(ada, group, "filtered one");
    const second = await messages.say(bob, group, "filtered two");
    await messages.say(bob, direct, "filtered three");
    const asked = async (filter: Record<string, string>) =>
      (await searching.contents(ada, { q: "filtered", ...filter })).toSorted();
    expect(await asked({})).toHaveLength(3);
    expect(await asked({ conversation_id: direct })).toEqual(["filtered three"]);
    expect(await asked({ sender_id: ada.userId })).toEqual(["filtered one"]);
    expect(await asked({ kind: "direct" })).toEqual(["filtered three"]);
    expect(await asked({ before: second.created_at })).toEqual(["filtered one"]);
    expect(await asked({ after: second.created_at })).toEqual(["filtered three"]);
    expect(await asked({ kind: "group", sender_id: bob.userId })).toEqual(["filtered two"]);
  });

  test("narrow to messages that have something", async () => {
    const { who, id } = await saying("having nothing");
    const image = { kind: "image", name: "a.png", mimetype: "image/png", size: 1 } as const;
    await messages.say(who, id, { content: "having attachment", attachments: [image] });
    await messages.say(who, id, "having https://example.com");
    const pinned = await messages.say(who, id, "having pin");
    await messages.pins.pin(HOST, id, pinned.id as MessageId);
    const liked = await messages.say(who, id, "having reaction");
    await messages.reactions.add(who, liked.id as MessageId, "👍");
    const root = await messages.say(who, id, "having thread");
    await messages.say(who, id, { content: "a reply", parent_id: root.id });
    for (const has of ["attachment", "pin", "reaction", "thread"] as const) {
      expect(await searching.contents(who, { q: "having", has })).toEqual([`having ${has}`]);
    }
    expect(await searching.contents(who, { q: "having", has: "link" })).toEqual(["having https://example.com"]);
  });
});

describe("snippets", () => {
  test("mark what was found: forms, accents, parts", async () => {
    const { who } = await saying("We launched at the Café du Monde");
    expect(await searching.snippets(who, "launching cafe")).toEqual([
      "We <mark>launched</mark> at the <mark>Café</mark> du Monde",
    ]);
    expect(await searching.snippets(who, "aunche")).toEqual(["We l<mark>aunche</mark>d at the Café du Monde"]);
    expect(await searching.snippets(who, "東京 OR monde")).toEqual(["We launched at the Café du <mark>Monde</mark>"]);
  });

  test("mark scripts without spaces, and beginnings of words", async () => {
    const { who } = await saying("東京タワーへ okay");
    expect(await searching.snippets(who, "タワー")).toEqual(["東京<mark>タワー</mark>へ okay"]);
    expect(await searching.snippets(who, "ok")).toEqual(["東京タワーへ <mark>okay</mark>"]);
  });

  test("let no markup through", async () => {
    const hostile = `<img src=x onerror="alert('needle')"> <mark>needle</mark> &lt;needle&gt; </mark><script>`;
    const { who } = await saying(hostile);
    for (const q of ["needle", "mark", "script", "&lt;", "onerror alert", "<mark>needle</mark>"]) {
      const [snippet = ""] = await searching.snippets(who, q);
      expect(snippet).not.toBe("");
      expect(snippet.replaceAll(/<mark>[^<>]*<\/mark>/g, "")).not.toMatch(/[<>"']/);
    }
  });
});

describe("what changes", () => {
  test("edits, deletions and restorations are followed", async () => {
    const { who, id } = await saying();
    const message = await messages.say(who, id, "before");
    const messageId = message.id as MessageId;
    expect(await searching.contents(who, "before")).toHaveLength(1);
    await messages.changing.edit(who, id, messageId, { content: "afterwards" });
    expect(await searching.contents(who, "before")).toEqual([]);
    expect(await searching.contents(who, "afterwards")).toHaveLength(1);
    await messages.changing.remove(who, id, messageId);
    expect(await searching.contents(who, "afterwards")).toEqual([]);
    expect(
      await store.database.query({ text: "SELECT FROM message_search WHERE message_id = $1", values: [messageId] }),
    ).toEqual([]);
    await messages.changing.restore(who, id, messageId);
    expect(await searching.contents(who, "afterwards")).toHaveLength(1);
  });

  test("a deletion shows at once, before the index knows of it", async () => {
    const { who, id } = await saying();
    const message = await messages.say(who, id, "vanishing");
    expect(await searching.contents(who, "vanishing")).toHaveLength(1);
    await run(store.database, "UPDATE messages SET deleted_at = now(), content = '' WHERE id = $1", [message.id]);
    expect(await searching.contents(who, "vanishing")).toEqual([]);
  });

  test("an index that was lost is built again from the log, also where that was pruned", async () => {
    const { who, id } = await saying();
    const message = await messages.say(who, id, "rebuilt");
    await messages.reactions.add(who, message.id as MessageId, "👍");
    expect(await searching.contents(who, "rebuilt")).toHaveLength(1);
    await run(store.database, "DELETE FROM changes WHERE conversation_id = $1 AND type = 'message.created'", [id]);
    await run(store.database, "DELETE FROM message_search");
    expect(await searching.contents(who, "rebuilt")).toEqual([]);
    await run(store.database, "DELETE FROM follower_cursors WHERE name = 'search'");
    expect(await searching.contents(who, "rebuilt")).toHaveLength(1);
  });
});

describe("what may be found", () => {
  test("own conversations alone, and for members that left nothing any more, at once", async () => {
    const id = await make({ members: [ada, bob] });
    await messages.say(ada, id, "confided");
    const outsider = await makeUser(store.database);
    expect(await searching.contents(bob, "confided")).toHaveLength(1);
    expect(await searching.contents(outsider, "confided")).toEqual([]);
    await expect(searching.search(outsider, { q: "confided", conversation_id: id })).rejects.toMatchObject({
      code: "not_found",
    });
    await run(store.database, "UPDATE members SET left_at = now() WHERE conversation_id = $1 AND user_id = $2", [
      id,
      bob.userId,
    ]);
    expect(await searching.contents(bob, "confided")).toEqual([]);
    await expect(searching.search(bob, { q: "confided", conversation_id: id })).rejects.toMatchObject({
      code: "not_found",
    });
  });

  test("no deleted conversations, for nobody", async () => {
    const { who, id } = await saying("doomed");
    expect(await searching.contents(who, "doomed")).toHaveLength(1);
    await run(store.database, "UPDATE conversations SET deleted_at = now() WHERE id = $1", [id]);
    expect(await searching.contents(who, "doomed")).toEqual([]);
    expect(await searching.contents(HOST, "doomed")).toEqual([]);
  });

  test("no history that is hidden", async () => {
    const early = await makeUser(store.database);
    for (const [historyVisibility, expected] of [
      ["all", ["historic one", "historic two", "historic three"]],
      ["member_join_date", ["historic two", "historic three"]],
      ["none", ["historic three"]],
    ] as const) {
      const late = await makeUser(store.database);
      const owner = await makeUser(store.database);
      const place = { joinedSeq: 3, firstJoinedSeq: 2 };
      const id = await make({
        historyVisibility,
        members: [early, { who: late, ...place }, { who: owner, role: "owner", ...place }],
      });
      for (const content of ["historic one", "historic two", "historic three"]) await messages.say(early, id, content);
      expect(await searching.contents(late, { q: "historic", conversation_id: id })).toEqual(expected.toReversed());
      expect(await searching.contents(owner, { q: "historic", conversation_id: id })).toHaveLength(3);
    }
  });

  test("public channels of own spaces, and those of no space", async () => {
    const [reader, outsider, agent] = await Promise.all([
      makeUser(store.database),
      makeUser(store.database),
      makeUser(store.database, { kind: "agent" }),
    ]);
    const space = uuidv7();
    await run(
      store.database,
      "INSERT INTO spaces (id, slug, name, created_by) VALUES ($1::uuid, $1::text, 'Space', $2)",
      [space, ada.userId],
    );
    await run(store.database, "INSERT INTO space_members (space_id, user_id) VALUES ($1, $2), ($1, $3)", [
      space,
      reader.userId,
      agent.userId,
    ]);
    const inSpace = await make({ kind: "channel", visibility: "public", members: [ada] });
    await run(store.database, "UPDATE conversations SET space_id = $1 WHERE id = $2", [space, inSpace]);
    const open = await make({ kind: "channel", visibility: "public", members: [ada] });
    const limited = await make({ kind: "channel", visibility: "public", historyVisibility: "none", members: [ada] });
    const closed = await make({ kind: "channel", members: [ada] });
    for (const [id, content] of [
      [inSpace, "aloud in space"],
      [open, "aloud openly"],
      [limited, "aloud before"],
      [closed, "aloud inside"],
    ] as const) {
      await messages.say(ada, id, content);
    }
    expect((await searching.contents(reader, "aloud")).toSorted()).toEqual(["aloud in space", "aloud openly"]);
    expect(await searching.contents(outsider, "aloud")).toEqual(["aloud openly"]);
    expect(await searching.contents(agent, "aloud")).toEqual([]);
    expect(await searching.contents(ada, "aloud")).toHaveLength(4);
  });

  test("support by staff, everything by the host", async () => {
    const [customer, staff] = await Promise.all([
      makeUser(store.database),
      makeUser(store.database, { isStaff: true }),
    ]);
    const id = await make({ kind: "support", subject: customer, members: [customer] });
    await messages.say(customer, id, "helpless");
    for (const who of [customer, staff, HOST]) expect(await searching.contents(who, "helpless")).toHaveLength(1);
    expect(await searching.contents(ada, "helpless")).toEqual([]);
  });

  test("system notices by their reader", async () => {
    const id = await make({ kind: "system", subject: ada, members: [ada] });
    await messages.say(HOST, id, { content: "noteworthy", content_type: "system_notification" });
    expect(await searching.contents(ada, "noteworthy")).toHaveLength(1);
    expect(await searching.contents(bob, "noteworthy")).toEqual([]);
  });

  test("nothing of confidential channels, which are not even indexed", async () => {
    const id = await make({ kind: "channel", visibility: "confidential", members: [ada] });
    await messages.say(ada, id, "ciphertext");
    expect(await searching.contents(ada, "ciphertext")).toEqual([]);
    expect(
      await store.database.query({ text: "SELECT FROM message_search WHERE conversation_id = $1", values: [id] }),
    ).toEqual([]);
  });
});

test("a hit names its conversation as the caller sees it", async () => {
  const friend = await makeUser(store.database);
  const id = await make({ kind: "direct", members: [ada, friend] });
  await messages.say(ada, id, "peerless");
  const [hit] = (await searching.search(friend, "peerless")).items;
  expect(hit?.conversation).toMatchObject({ id, kind: "direct", peer: { id: ada.userId } });
  expect(hit?.message).toMatchObject({ conversation_id: id, sender: { id: ada.userId } });
  expect(hit?.rank).toBeGreaterThan(0);
});
