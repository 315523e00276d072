import { ParleyError, type Member, type Page } from "@parley/protocol";
import type { Caller } from "../../domain/caller.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { Database } from "../../store/database.ts";
import { listMembers } from "../../store/members.ts";
import { accessTo, may } from "../access.ts";
import { cutPage, decodeCursor, timeAndId } from "../page-cursor.ts";
import type { MemberPresenter } from "./present-members.ts";

export interface ListMembersDeps {
  readonly database: Pick<Database, "query">;
  readonly presenter: MemberPresenter;
}

export function createListMembers(deps: ListMembersDeps) {
  const { database, presenter } = deps;
  return {
    /**
     * The members in the order in which they joined, with their marks where they share receipts. Readers of a public channel may
     * list them too. Throws `not_found`, `permission_denied` for guests, `validation_failed` for a foreign cursor.
     */
    async members(
      caller: Caller,
      conversationId: ConversationId,
      query: { readonly limit: number; readonly cursor?: string },
    ): Promise<Page<Member>> {
      const access = await accessTo(database, caller, conversationId);
      if (access.member?.role === "guest" && !may(access, "manage_members")) {
        throw new ParleyError("permission_denied", { detail: "Guests cannot list the members." });
      }
      const after = decodeCursor(query.cursor, timeAndId);
      const rows = await listMembers(database, conversationId, {
        after: after ? { joinedAt: after.at, userId: after.id as UserId } : undefined,
        limit: query.limit + 1,
      });
      const page = cutPage(rows, query.limit, (row) => [row.joinedAt.getTime(), row.userId]);
      return { items: await presenter.present(page.rows, caller), next_cursor: page.nextCursor };
    },
  };
}
