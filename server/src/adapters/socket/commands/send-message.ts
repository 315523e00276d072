import type { SendTo, Sent } from "../../../services/messages/send-to.ts";
import { ok, type CommandHandler } from "../command-handler.ts";
import type { ReplyBody } from "../replies.ts";

export function createSendMessage({ sendTo }: Pick<SendTo, "sendTo">): CommandHandler<"send_message"> {
  return {
    // Those to a person and those to the conversation with them are two lines: which conversation it is, is not known yet.
    key: (data) => data.conversation_id ?? data.recipient_id ?? "support",
    isPipelined: true,
    run: async ({ caller, queued }, data) => present(await sendTo(caller, data, { queued })),
  };
}

function present(sent: Sent): ReplyBody {
  if (sent.kind === "scheduled") return ok("send_message", sent.receipt);
  return ok("send_message", { message: sent.message, duplicate: sent.kind === "duplicate" });
}
