import type { Conversation } from "@parley/protocol";
import { afterAll, beforeAll } from "vitest";
import { useTestDatabase } from "../../../server/test/harness/database.ts";
import { startNode, type Person, type TestNode } from "../../../server/test/harness/node.ts";
import { startDevice, type Device, type DeviceOptions } from "./device.ts";

/** A node with Ada and Grace on it, who may write to each other, and their devices, for a test file. */
export function useTwoPeople() {
  const store = useTestDatabase();
  const devices: Device[] = [];
  const it: { node?: TestNode; ada?: Person; grace?: Person } = {};
  beforeAll(async () => {
    const node = await startNode(store.database);
    const [ada, grace] = [await node.person("ada"), await node.person("grace")];
    for (const person of [ada, grace]) await node.done(person, "PATCH", "/v1/users/me", { contact_policy: "everyone" });
    Object.assign(it, { node, ada, grace });
  });
  afterAll(async () => {
    for (const device of devices) device.close();
    await it.node?.close();
  });
  const there = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error("it is made in beforeAll");
    return value;
  };
  return {
    store,
    get node() {
      return there(it.node);
    },
    get ada() {
      return there(it.ada);
    },
    get grace() {
      return there(it.grace);
    },
    /** A group of the two; answers its id. */
    async makeGroup(): Promise<string> {
      const made = await there(it.node).done<Conversation>(there(it.ada), "POST", "/v1/conversations", {
        kind: "group",
        title: "Launch",
        member_ids: [there(it.grace).id],
      });
      return made.id;
    },
    deviceOf(person: Person, options: Partial<DeviceOptions> = {}): Device {
      const device = startDevice({ url: there(it.node).url, token: person.token, random: () => 0, ...options });
      devices.push(device);
      return device;
    },
  };
}
