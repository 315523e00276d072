import type { UserId } from "../domain/ids.ts";
import type { Hub } from "../realtime/hub.ts";
import type { SpaceChanged } from "../services/spaces/space-access.ts";
import type { Reader } from "../store/database.ts";
import { listSpaceMembers } from "../store/spaces.ts";

export interface SpaceNewsDeps {
  readonly db: Reader;
  readonly hub: Pick<Hub, "spaceChanged" | "toUsers">;
  readonly onTrouble: (error: unknown, message: string) => void;
}

/** Members told of one change of a space; in larger ones, who has it on the screen asks again when they come back to it. */
const TOLD = 1_000;

/** After a space changed: its people are told, and whoever has lost the sight of it stops hearing its channels. */
export function createSpaceNews({ db, hub, onTrouble }: SpaceNewsDeps): SpaceChanged {
  return (event) => {
    const { spaceId, actorId, removedIds } = event;
    void hub.spaceChanged(spaceId);
    const tell = async (): Promise<void> => {
      const members = await listSpaceMembers(db, spaceId, { after: null, limit: TOLD });
      const people = new Set<UserId>([...members.map((member) => member.userId), ...removedIds]);
      hub.toUsers([...people], {
        type: "space.updated",
        user_id: actorId,
        timestamp: new Date().toISOString(),
        data: { space_id: spaceId },
      });
    };
    tell().catch((error: unknown) => onTrouble(error, "the members of a space could not be told that it changed"));
  };
}
