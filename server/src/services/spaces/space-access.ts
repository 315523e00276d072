import { notFound, ParleyError } from "@parley/protocol";
import { isHost } from "../../domain/access.ts";
import type { Caller } from "../../domain/caller.ts";
import type { SpaceId, UserId } from "../../domain/ids.ts";
import { mayManageSpace } from "../../domain/spaces.ts";
import type { Reader } from "../../store/database.ts";
import { findSpaceView, type SpaceView } from "../../store/spaces.ts";

/** That something about a space changed, for those who have it on their screens. Called after the commit; must neither throw nor wait. */
export type SpaceChanged = (event: SpaceEvent) => void;

export interface SpaceEvent {
  readonly spaceId: SpaceId;
  readonly actorId: UserId;
  /** People whose sight of it was taken away, beyond those who are in it. */
  readonly removedIds: readonly UserId[];
}

/** The space as the caller sees it. Staff and the host's backend see all of them. Throws `not_found`. */
export async function spaceFor(db: Reader, caller: Caller, id: SpaceId): Promise<SpaceView> {
  const view = await findSpaceView(db, id, caller.userId);
  if (!view || view.space.deletedAt || !maySee(caller, view)) throw notFound("space");
  return view;
}

export function maySee(caller: Caller, view: SpaceView): boolean {
  return view.role !== undefined || caller.isStaff || isHost(caller);
}

/** Throws `permission_denied` for whoever is neither owner nor admin of the space. */
export function requireManager(caller: Caller, view: SpaceView): void {
  if (mayManageSpace(view.role, isHost(caller))) return;
  throw new ParleyError("permission_denied", { detail: "Only owners and admins of the space may do that." });
}
