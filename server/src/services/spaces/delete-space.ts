import { notFound, ParleyError } from "@parley/protocol";
import { isHost } from "../../domain/access.ts";
import type { Caller } from "../../domain/caller.ts";
import type { SpaceId } from "../../domain/ids.ts";
import { recordAudit } from "../../store/audit.ts";
import type { Committer } from "../../store/committer/committer.ts";
import { findChannelsOfSpace } from "../../store/conversations-update.ts";
import type { Database } from "../../store/database.ts";
import { deleteSpace, findSpaceView, lockSpace } from "../../store/spaces.ts";
import { deleteForAll } from "../conversations/remove.ts";
import { maySee, type SpaceChanged } from "./space-access.ts";

export interface DeleteSpaceDeps {
  readonly db: Pick<Database, "query" | "transaction">;
  readonly committer: Pick<Committer, "change">;
  readonly spaceChanged: SpaceChanged;
}

/** So many channels are deleted at the same time. */
const AT_ONCE = 32;

export function createDeleteSpace({ db, committer, spaceChanged }: DeleteSpaceDeps) {
  return {
    /**
     * Deletes a space and then its channels, each by a change of its own. If that is cut short, deleting it again goes on with what
     * is left: nothing can be added to it any more. By owners and staff. Throws `not_found` and `permission_denied`.
     */
    async deleteSpace(caller: Caller, id: SpaceId): Promise<void> {
      await db.transaction(async (tx) => {
        await lockSpace(tx, id);
        const view = await findSpaceView(tx, id, caller.userId);
        if (!view || !maySee(caller, view)) throw notFound("space");
        if (view.role !== "owner" && !caller.isStaff && !isHost(caller)) {
          throw new ParleyError("permission_denied", { detail: "Only its owners and staff delete a space." });
        }
        if (!view.space.deletedAt) {
          await deleteSpace(tx, id);
          await recordAudit(tx, {
            actorId: caller.userId,
            action: "space.deleted",
            subjectId: id,
            data: { slug: view.space.slug },
          });
        } else if ((await findChannelsOfSpace(tx, id)).length === 0) throw notFound("space");
      });
      spaceChanged({ spaceId: id, actorId: caller.userId, removedIds: [] });
      const channels = await findChannelsOfSpace(db, id);
      for (let i = 0; i < channels.length; i += AT_ONCE) {
        await Promise.all(channels.slice(i, i + AT_ONCE).map((channel) => deleteForAll(committer, caller, channel)));
      }
    },
  };
}
