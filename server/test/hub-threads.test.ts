import type { ThreadSummary } from "@parley/protocol";
import { afterEach, expect, test } from "vitest";
import { useTestDatabase } from "./harness/database.ts";
import { startLiveNode, type LiveNode } from "./harness/live-node.ts";

const store = useTestDatabase();
const nodes: LiveNode[] = [];

afterEach(async () => {
  for (const node of nodes.splice(0)) await node[Symbol.asyncDispose]();
});

test("a reply that is learnt of from the log says how its thread stands, like one that was told by its commit", async () => {
  let isLost = false;
  const node = await startLiveNode(store.database, {
    tell: (hub, changes) => void (isLost || hub.committed(changes)),
    hub: { tailMs: 20 },
  });
  nodes.push(node);
  const [ada, bob] = await Promise.all([node.person(), node.person()]);
  const id = await node.make(ada, { kind: "group", title: "Threads", member_ids: [bob.caller.userId] });
  const root = await node.say(ada, id, "root");
  const client = await node.connect(bob);
  isLost = true;
  const reply = await node.say(ada, id, "reply", root.id);
  await client.version(id, reply.seq);
  const told = client.changes(id).find((event) => event.version === reply.seq);
  expect((told?.data as { thread?: ThreadSummary } | undefined)?.thread).toEqual({
    root_id: root.id,
    reply_count: 1,
    last_reply_at: reply.created_at,
  });
});
