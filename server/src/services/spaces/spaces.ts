import {
  ParleyError,
  type Conversation,
  type CreateSpace,
  type Page,
  type Space,
  type SpaceListQuery,
  type UpdateSpace,
} from "@parley/protocol";
import { v7 as uuidv7 } from "uuid";
import * as z from "zod";
import { isHost } from "../../domain/access.ts";
import type { Caller } from "../../domain/caller.ts";
import { SYSTEM_USER, type SpaceId } from "../../domain/ids.ts";
import { recordAudit } from "../../store/audit.ts";
import type { Database } from "../../store/database.ts";
import { isDuplicateKey } from "../../store/postgres/errors.ts";
import {
  insertSpace,
  listSpaceViewsOf,
  lockSpace,
  putSpaceMembers,
  updateSpace,
  type SpaceView,
} from "../../store/spaces.ts";
import { listSpaceViews } from "../../store/views/conversation-views.ts";
import { positionOf } from "../conversations/list.ts";
import { viewerOf, type ConversationPresenter } from "../conversations/present-conversations.ts";
import { cutPage, decodeCursor, timeAndId } from "../page-cursor.ts";
import { createDeleteSpace, type DeleteSpaceDeps } from "./delete-space.ts";
import { requireManager, spaceFor } from "./space-access.ts";
import { createSpaceMembers, type SpaceMembersDeps } from "./space-members.ts";

export interface SpacesDeps extends SpaceMembersDeps, DeleteSpaceDeps {
  readonly db: Pick<Database, "query" | "transaction">;
  readonly presenter: Pick<ConversationPresenter, "presentViews">;
}

export type SpacesService = ReturnType<typeof createSpaces>;

const slugAlone = z.tuple([z.string().max(80)]);

export function createSpaces(deps: SpacesDeps) {
  const { db } = deps;
  return {
    ...createSpaceMembers(deps),
    ...createDeleteSpace(deps),

    /** Makes a space that the caller owns. Throws `conflict` where the slug is taken, `permission_denied` for agents. */
    async createSpace(caller: Caller, body: CreateSpace): Promise<Space> {
      if (caller.kind === "agent") throw new ParleyError("permission_denied", { detail: "Agents make no spaces." });
      const owner = isHost(caller) ? null : caller.userId;
      const id = uuidv7() as SpaceId;
      const space = {
        id,
        slug: body.slug,
        name: body.name,
        description: body.description ?? "",
        createdBy: owner ?? SYSTEM_USER,
      };
      await db.transaction(async (tx) => {
        if (!(await insertSpace(tx, space))) throw slugTaken();
        if (owner) await putSpaceMembers(tx, id, [{ userId: owner, role: "owner" }]);
      });
      return presentSpace(await spaceFor(db, caller, id));
    },

    /** The caller's spaces by slug; all of them for the host's backend. Throws `validation_failed` for a foreign cursor. */
    async spaces(caller: Caller, query: SpaceListQuery): Promise<Page<Space>> {
      const views = await listSpaceViewsOf(db, caller.userId, {
        all: isHost(caller),
        q: query.q ?? null,
        afterSlug: decodeCursor(query.cursor, slugAlone)?.[0] ?? null,
        limit: query.limit + 1,
      });
      const page = cutPage(views, query.limit, ({ space }) => [space.slug]);
      return { items: page.rows.map(presentSpace), next_cursor: page.nextCursor };
    },

    /** A space that the caller is in; staff see all of them. Throws `not_found`. */
    async space(caller: Caller, id: SpaceId): Promise<Space> {
      return presentSpace(await spaceFor(db, caller, id));
    },

    /** Changes what is named. By owners and admins. Throws `not_found`, `permission_denied` and `conflict` (the slug is taken). */
    async updateSpace(caller: Caller, id: SpaceId, patch: UpdateSpace): Promise<Space> {
      const changed = await db.transaction(async (tx) => {
        await lockSpace(tx, id);
        const view = await spaceFor(tx, caller, id);
        requireManager(caller, view);
        const { space } = view;
        const next = {
          id,
          slug: patch.slug ?? space.slug,
          name: patch.name ?? space.name,
          description: patch.description === undefined ? space.description : (patch.description ?? ""),
        };
        if (next.slug === space.slug && next.name === space.name && next.description === space.description)
          return false;
        await updateSpace(tx, next).catch((error: unknown) => {
          throw isDuplicateKey(error) ? slugTaken(error) : error;
        });
        await recordAudit(tx, { actorId: caller.userId, action: "space.updated", subjectId: id, data: patch });
        return true;
      });
      if (changed) deps.spaceChanged({ spaceId: id, actorId: caller.userId, removedIds: [] });
      return presentSpace(await spaceFor(db, caller, id));
    },

    /**
     * The channels of a space, newest activity first: the public ones and those that the caller is in; all of them for the host's
     * backend. Throws `not_found` and `validation_failed`.
     */
    async spaceConversations(
      caller: Caller,
      id: SpaceId,
      query: { limit: number; cursor?: string },
    ): Promise<Page<Conversation>> {
      const { role } = await spaceFor(db, caller, id);
      const views = await listSpaceViews(db, viewerOf(caller), {
        spaceId: id,
        // Agents, and staff who are not in the space, see only what they are in (domain/access.ts).
        publicToo: role !== undefined && caller.kind !== "agent",
        all: isHost(caller),
        beyond: decodeCursor(query.cursor, timeAndId),
        limit: query.limit + 1,
      });
      const page = cutPage(views, query.limit, positionOf);
      return { items: await deps.presenter.presentViews(page.rows, caller), next_cursor: page.nextCursor };
    },
  };
}

function slugTaken(cause?: unknown): ParleyError {
  return new ParleyError("conflict", { detail: "There is a space with this slug already. Choose another.", cause });
}

export function presentSpace({ space, memberCount, role }: SpaceView): Space {
  return {
    id: space.id,
    slug: space.slug,
    name: space.name,
    description: space.description === "" ? null : space.description,
    member_count: memberCount,
    role: role ?? null,
    created_by: space.createdBy === SYSTEM_USER ? null : space.createdBy,
    created_at: space.createdAt.toISOString(),
  };
}
