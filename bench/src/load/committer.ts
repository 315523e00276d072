import { randomInt } from "node:crypto";
import { createCommitter } from "@parley/server/store/committer/committer.js";
import type { SendRequest } from "@parley/server/store/committer/operations.js";
import { openDatabase } from "@parley/server/store/postgres/pool.js";
import { v7 as uuidv7 } from "uuid";
import { CONTENT } from "./content.ts";
import type { Scene } from "../stage.ts";
import { ratePerSecond } from "../stats.ts";

/** Messages in flight: what some hundred busy sockets keep waiting. */
const IN_FLIGHT = 2_000;

/** The committer alone: no socket, no JSON of a client, no fan-out. Messages per second that were committed and answered. */
export async function committerRate(
  connectionString: string,
  scenes: readonly Scene[],
  seconds: number,
): Promise<number> {
  await using database = openDatabase({ connectionString });
  await using committer = createCommitter({
    database,
    quota: null,
    onCommitted: () => undefined,
    onBatch: () => undefined,
    onTrouble: (error) => {
      throw error;
    },
  });
  return await ratePerSecond(seconds, IN_FLIGHT, async () => {
    const { outcome } = await committer.send(requestFor(scenes[randomInt(scenes.length)] as Scene));
    if (outcome !== "sent") throw new Error(`a message was not sent but ${outcome}`);
    return 1;
  });
}

/** A plain message by anyone of the scene. */
export function requestFor(scene: Scene): SendRequest {
  return {
    id: uuidv7() as SendRequest["id"],
    conversationId: scene.id as SendRequest["conversationId"],
    senderId: scene.members[randomInt(scene.members.length)] as SendRequest["senderId"],
    contentType: "text",
    content: CONTENT,
    metadata: null,
    attachments: null,
    mentions: null,
    massMention: null,
    parentId: null,
    fingerprint: "00112233445566778899aabbccddeeff",
    isStaff: false,
    isService: false,
    isHost: false,
    mayContactAnyone: false,
    hasMedia: false,
  };
}
