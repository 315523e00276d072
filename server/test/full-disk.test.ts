import { beforeAll, expect, test } from "vitest";
import { createMarksWriter } from "../src/store/marks/marks-writer.ts";
import { findMarks } from "../src/store/marks/marks.ts";
import { codeOf } from "./harness/membership.ts";
import { expectSound, request, startCommitter, wordOf } from "./harness/committer.ts";
import { useTestDatabase } from "./harness/database.ts";
import { makeConversation, makeUser } from "./harness/rows.ts";
import { until } from "./harness/until.ts";

const store = useTestDatabase();

/** PostgreSQL refuses to write messages and marks as it does on a full disk, for as long as the table has a row. */
beforeAll(async () => {
  await store.database.query({
    text: `CREATE TABLE no_room (); CREATE SEQUENCE refused;
           CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             IF EXISTS (SELECT FROM no_room) THEN
               PERFORM nextval('refused');
               RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
             END IF;
             RETURN NEW;
           END $$;
           CREATE TRIGGER refuse BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION refuse();
           CREATE TRIGGER refuse BEFORE INSERT ON member_marks FOR EACH ROW EXECUTE FUNCTION refuse();`,
  });
});

const fill = () => store.database.query({ text: "INSERT INTO no_room DEFAULT VALUES" });
const empty = () => store.database.query({ text: "DELETE FROM no_room" });
const isRefusing = async () => {
  const before = await refused();
  await until(async () => (await refused()) > before);
};
async function refused(): Promise<number> {
  const [row] = await store.database.query<{ last: number }>({ text: "SELECT last_value AS last FROM refused" });
  return row?.last ?? 0;
}

test("a send waits until there is room again, and is then committed once", async () => {
  const ada = await makeUser(store.database);
  const id = await makeConversation(store.database, { members: [ada] });
  await using committer = startCommitter(store.database);
  await fill();
  const sends = Array.from({ length: 5 }, () => committer.send(request(ada, id)));
  await isRefusing();
  await empty();
  expect((await Promise.all(sends)).map(wordOf)).toEqual(["sent", "sent", "sent", "sent", "sent"]);
  await expectSound(store.database, id);
});

test("a send that has waited too long is refused for now, as when the database is away", async () => {
  const ada = await makeUser(store.database);
  const id = await makeConversation(store.database, { members: [ada] });
  await using committer = startCommitter(store.database, { maxWaitMs: 100 });
  await fill();
  expect(await codeOf(committer.send(request(ada, id)))).toBe("overloaded");
  await empty();
});

test("a mark is not left where it is: it moves when there is room again", async () => {
  const { userId } = await makeUser(store.database);
  const conversationId = await makeConversation(store.database, {});
  const troubles: string[] = [];
  await using marks = createMarksWriter({
    database: store.database,
    onMoved: () => undefined,
    onTrouble: (_, message) => void troubles.push(message),
  });
  await fill();
  const moved = marks.move({ conversationId, userId, read: { seq: 3, ordinal: 2 } });
  await isRefusing();
  await empty();
  expect((await moved).mark.lastReadSeq).toBe(3);
  expect((await findMarks(store.database, userId, [conversationId]))[0]?.lastReadSeq).toBe(3);
  expect(new Set(troubles)).toEqual(new Set(["marks could not be written; they wait"]));
});
