import { connectToParley, type ParleyClient } from "../load/parley-client.ts";
import type { Scenario, Stand } from "../scenario.ts";
import { setStage, type Scene, type StageOptions } from "../stage.ts";

/** Conversations that one `resume` names, and that one page of its answer holds. */
const PAGE = 500;

/** Everybody comes back at the same moment, as after a restart, and wants what they have missed. */
export const storm: Scenario = {
  name: "storm",
  title: "Everyone comes back at once",
  async run(stand) {
    const clients = stand.size === "quick" ? 1_000 : 5_000;
    // 20 conversations each, 5 changes behind in each of them: 100.
    const seconds = await comeBack(stand, clients, {
      conversations: clients * 2,
      membersEach: 10,
      kind: "group",
      people: clients,
      messagesEach: 5,
    });
    stand.ratio("storm_seconds", seconds);
    if (stand.size === "full")
      await comeBack(stand, 500, {
        conversations: 50_000,
        membersEach: 10,
        kind: "group",
        people: 500,
        messagesEach: 1,
      });
  },
};

async function comeBack(stand: Stand, count: number, options: StageOptions): Promise<number> {
  await using service = await stand.startService();
  const scenes = await setStage(service.connectionString, options);
  const conversationsOf = cursorsOf(scenes);
  const each = Math.round((options.conversations * options.membersEach) / options.people);
  const phase = `${count.toLocaleString("en")} clients, ${each.toLocaleString("en")} conversations each`;
  stand.say(`${phase}, ${(each * (options.messagesEach ?? 0)).toLocaleString("en")} changes behind`);
  const start = performance.now();
  const elapsed = (): number => (performance.now() - start) / 1_000;
  let changes = 0;
  let caughtUp = 0;
  const clients = await stand.watch(phase, service.processes, () =>
    Promise.all(
      [...conversationsOf].map(async ([userId, conversations]) => {
        const client = await connectToParley(service, userId);
        const replayed = await resume(client, conversations);
        changes += replayed;
        caughtUp += 1;
        if (caughtUp % 500 === 0)
          stand.say(`${caughtUp.toLocaleString("en")} have caught up after ${elapsed().toFixed(1)} s`);
        return client;
      }),
    ),
  );
  const seconds = elapsed();
  const expected = options.conversations * options.membersEach * (options.messagesEach ?? 0);
  if (changes !== expected) throw new Error(`${changes} changes were replayed instead of ${expected}`);
  for (const client of clients) client.close();
  stand.sample(phase, seconds, "s");
  stand.sample(`${phase}: replayed`, changes, "changes");
  return seconds;
}

function cursorsOf(scenes: readonly Scene[]): Map<string, string[]> {
  const conversationsOf = new Map<string, string[]>();
  for (const { id, members } of scenes) {
    for (const member of members) {
      const own = conversationsOf.get(member);
      if (own) own.push(id);
      else conversationsOf.set(member, [id]);
    }
  }
  return conversationsOf;
}

/** Asks for everything after version 1 of each conversation, and for all pages of where they stand; answers how many changes came. */
async function resume(client: ParleyClient, conversations: readonly string[]): Promise<number> {
  let changes = 0;
  let next: string | null = null;
  client.onOther = (frame) => {
    if (frame.startsWith('{"type":"resumed"'))
      next = (JSON.parse(frame) as { data: { next_cursor: string | null } }).data.next_cursor;
    else changes += frame.split('{"version":').length - 1;
  };
  for (let from = 0; from < conversations.length || next !== null; from += PAGE) {
    const named = Object.fromEntries(conversations.slice(from, from + PAGE).map((id) => [id, 1]));
    await client.command("resume", JSON.stringify({ epoch: client.epoch, conversations: named, cursor: next }));
  }
  return changes;
}
