import { expect, test } from "vitest";
import { useTestDatabase } from "./harness/database.ts";

const store = useTestDatabase();

test("bigint arrives as number, timestamptz as Date, and an int8 beyond 2^53 is an error", async () => {
  const { database } = store;
  const [row] = await database.query<{ n: number; at: Date; list: number[]; rank: number }>({
    text: "select 5::int8 as n, '2024-05-01T10:00:00.123Z'::timestamptz as at, array[1, 2]::int8[] as list, 0.5 as rank",
  });
  expect(row).toEqual({ n: 5, at: new Date("2024-05-01T10:00:00.123Z"), list: [1, 2], rank: 0.5 });
  await expect(database.query({ text: "select 9007199254740993::int8" })).rejects.toThrow(/does not fit/);
});

test("trigrams are found in accented, Chinese, Japanese and Cyrillic text, and unaccent works", async () => {
  const { database } = store;
  await database.transaction(async (tx) => {
    await tx.execute({ text: "create extension if not exists pg_trgm" });
    await tx.execute({ text: "create extension if not exists unaccent" });
  });
  const [row] = await database.query<{ counts: number[]; plain: string; lower: string }>({
    text: `select array(select cardinality(show_trgm(w)) from unnest($1::text[]) w) as counts,
                  unaccent('Élan Łódź') as plain, lower('ÉLAN Я') as lower`,
    values: [["Élan", "你好世界", "日本語テキスト", "Привет"]],
  });
  expect(row?.counts.every((count) => count >= 4)).toBe(true);
  expect(row).toMatchObject({ plain: "Elan Lodz", lower: "élan я" });
});

test("a transaction that meets a serialization failure runs again", async () => {
  const { database } = store;
  await database.transaction(async (tx) => {
    await tx.execute({ text: "create table counter (n int)" });
    await tx.execute({ text: "insert into counter values (0)" });
  });
  const increment = () =>
    database.transaction(
      async (tx) => {
        const [row] = await tx.query<{ n: number }>({ text: "select n from counter" });
        await tx.execute({ text: "update counter set n = $1", values: [(row?.n ?? 0) + 1] });
      },
      { isolation: "serializable", attempts: 50 },
    );
  await Promise.all(Array.from({ length: 5 }, increment));
  expect(await database.query({ text: "select n from counter" })).toEqual([{ n: 5 }]);
});

test("a failing transaction leaves nothing, and neither does one that swallows the failure of a statement", async () => {
  const { database } = store;
  await database.transaction((tx) => tx.execute({ text: "create table notes (t text)" }));
  const failing = database.transaction(async (tx) => {
    await tx.execute({ text: "insert into notes values ('a')" });
    throw new Error("changed my mind");
  });
  await expect(failing).rejects.toThrow("changed my mind");
  const swallowing = database.transaction(async (tx) => {
    await tx.execute({ text: "insert into notes values ('b')" });
    await tx.query({ text: "select 1 / 0" }).catch(() => undefined);
  });
  await expect(swallowing).rejects.toThrow(/rolled back/);
  expect(await database.query({ text: "select t from notes" })).toEqual([]);
});

test("connections killed by the server are replaced without anyone noticing", async () => {
  const { database } = store;
  await database.transaction((tx) => tx.query({ text: "select 1" }));
  await database.query({
    text: `select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and application_name like '% write'`,
  });
  expect(await database.transaction((tx) => tx.query({ text: "select 2 as two" }))).toEqual([{ two: 2 }]);
});

test("a dedicated connection listens, tells when it is lost, and closes with the database", async () => {
  const { database } = store;
  const connection = await database.connect();
  const heard: string[] = [];
  await connection.listen("news", (payload) => void heard.push(payload));
  await database.transaction((tx) => tx.execute({ text: "notify news, 'hello'" }));
  await expect.poll(() => heard, { timeout: 10_000 }).toEqual(["hello"]);
  const lost = new Promise((resolve) => connection.lost.addEventListener("abort", resolve));
  await database.query({
    text: `select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and application_name like '% dedicated'`,
  });
  await lost;
  await expect(connection.query({ text: "select 1" })).rejects.toThrow(/connection|closed|queryable/i);
});
