import { afterEach, expect } from "vitest";
import { useTestDatabase } from "./database.ts";
import { startLiveNode, type LiveNode, type LiveNodeOptions, type Person } from "./live-node.ts";

/** A database for a test file with as many nodes on it as each test starts. A node that had trouble fails its test. */
export function useLiveNodes() {
  const store = useTestDatabase();
  const nodes: LiveNode[] = [];
  afterEach(async () => {
    for (const node of nodes.splice(0)) {
      expect(node.troubles).toEqual([]);
      await node[Symbol.asyncDispose]();
    }
  });
  return {
    store,
    async start(options: LiveNodeOptions = {}): Promise<LiveNode> {
      const node = await startLiveNode(store.database, options);
      nodes.push(node);
      return node;
    },
    async people(node: LiveNode, count: number): Promise<Person[]> {
      return await Promise.all(Array.from({ length: count }, () => node.person()));
    },
  };
}
