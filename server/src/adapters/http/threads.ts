import { endpoints } from "@parley/protocol";
import type { MessageId } from "../../domain/ids.ts";
import type { Threads } from "../../services/threads.ts";
import { route, type Route } from "./pipeline.ts";
import { answerSent, namedByKey } from "./sends.ts";

export function threadRoutes({ threads }: { readonly threads: Threads }): Route[] {
  return [
    route(endpoints.listThread, ({ caller, params, query }) =>
      threads.list(caller, params.message_id as MessageId, query),
    ),
    route(endpoints.replyInThread, async ({ caller, params, body, header }) => {
      const reply = namedByKey(body, header("idempotency-key"));
      return answerSent(await threads.reply(caller, params.message_id as MessageId, reply));
    }),
  ];
}
