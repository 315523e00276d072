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
    const isQuick = stand.size === "quick";
    const clients = isQuick ? 1_000 : 5_000;
    // 20 conversations each, 5 changes behind in each of them: 100.
    const seconds = await comeBack(stand, clients, {
      conversations: clients * 2,
      membersEach: 10,
      kind: "group",
      people: clients,
      messagesEach: 5,
    });
    stand.ratio("storm_seconds", seconds);
    // 1,000 conversations each, of which 20 have changed: 100 changes again.
    const few = isQuick ? 100 : 500;
    const blocks = few / MEMBERS_EACH;
    await comeBack(stand, few, {
      conversations: few * 100,
      membersEach: MEMBERS_EACH,
      kind: "group",
      people: few,
      messagesEach: 5,
      // People sit in blocks of ten that take turns: every fiftieth turn of each block.
      hasMessages: (index) => Math.floor(index / blocks) % 50 === 0,
    });
  },
};

const MEMBERS_EACH = 10;
const ATTEMPTS = 5;

async function comeBack(stand: Stand, count: number, options: StageOptions): Promise<number> {
  await using service = await stand.startService();
  const scenes = await setStage(service.connectionString, options);
  const conversationsOf = cursorsOf(scenes);
  const each = Math.round((options.conversations * options.membersEach) / options.people);
  const phase = `${count.toLocaleString("en")} clients, ${each.toLocaleString("en")} conversations each`;
  const { messagesEach = 0, hasMessages = () => true } = options;
  const expected = scenes.filter((_, index) => hasMessages(index)).length * options.membersEach * messagesEach;
  stand.say(`${phase}, ${(expected / count).toLocaleString("en")} changes behind`);
  // Who comes back has a token already.
  const tokens = new Map<string, string>();
  for (const userId of conversationsOf.keys()) tokens.set(userId, await service.tokenOf(userId));
  const known = { url: service.url, tokenOf: async (userId: string) => tokens.get(userId) ?? "" };
  const start = performance.now();
  const elapsed = (): number => (performance.now() - start) / 1_000;
  let changes = 0;
  let connected = 0;
  let caughtUp = 0;
  const clients = await stand.watch(phase, service.processes, () =>
    Promise.all(
      [...conversationsOf].map(async ([userId, conversations]) => {
        const client = await comeIn(known, userId);
        connected += 1;
        if (connected === count) stand.say(`  all are connected after ${elapsed().toFixed(1)} s`);
        const replayed = await resume(client, conversations);
        changes += replayed;
        caughtUp += 1;
        if (caughtUp % Math.max(100, count / 5) === 0)
          stand.say(`  ${caughtUp.toLocaleString("en")} have caught up after ${elapsed().toFixed(1)} s`);
        return client;
      }),
    ),
  );
  const seconds = elapsed();
  if (changes !== expected) throw new Error(`${changes} changes were replayed instead of ${expected}`);
  for (const client of clients) client.close();
  stand.sample(phase, seconds, "s");
  stand.sample(`${phase}: replayed`, changes, "changes");
  return seconds;
}

/** As clients do: who is not let in tries again, a little later than others. */
async function comeIn(service: Parameters<typeof connectToParley>[0], userId: string): Promise<ParleyClient> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await connectToParley(service, userId);
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1_000 * (0.5 + Math.random())));
    }
  }
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

const CHANGE = '{"version":';
const NEXT_CURSOR = /"next_cursor":(?:null|"([^"]*)")\}\}$/;
/** Longer than any cursor. */
const END = 300;

/**
 * Asks for everything after what is held and for all pages of where they stand; answers how many changes came. Version 1 is held
 * of each conversation, except where nothing has changed since.
 */
async function resume(client: ParleyClient, conversations: readonly string[]): Promise<number> {
  let changes = 0;
  let next: string | null = null;
  client.onOther = (frame) => {
    if (frame.toString("latin1", 0, 20).startsWith('{"type":"resumed"'))
      next = NEXT_CURSOR.exec(frame.toString("latin1", Math.max(0, frame.length - END)))?.[1] ?? null;
    else for (let at = frame.indexOf(CHANGE); at >= 0; at = frame.indexOf(CHANGE, at + 1)) changes += 1;
  };
  for (let from = 0; from < conversations.length || next !== null; from += PAGE) {
    const named = Object.fromEntries(conversations.slice(from, from + PAGE).map((id) => [id, 1]));
    await client.command("resume", JSON.stringify({ epoch: client.epoch, conversations: named, cursor: next }));
  }
  return changes;
}
