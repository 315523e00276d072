import { endpoints } from "@parley/protocol";
import type { UserId } from "../../domain/ids.ts";
import type { Users } from "../../services/users.ts";
import { route, type Route } from "./pipeline.ts";

export function userRoutes({ users }: { users: Users }): Route[] {
  return [
    route(endpoints.getMe, ({ caller }) => users.me(caller)),
    route(endpoints.updateMe, ({ caller, body }) => users.updateMe(caller, body)),
    route(endpoints.listUsers, ({ caller, query }) => users.list(caller, query)),
    route(endpoints.getUser, ({ caller, params }) => users.get(caller, params.user_id as UserId)),
    route(endpoints.upsertUser, async ({ caller, params, body }) => {
      const { user, created } = await users.upsert(caller, params.external_id, body);
      return { status: created ? 201 : 200, body: user };
    }),
    route(endpoints.listAllUsers, ({ caller, query }) => users.listAll(caller, query)),
    route(endpoints.administerUser, ({ caller, params, body }) =>
      users.administer(caller, params.user_id as UserId, body),
    ),
  ];
}
