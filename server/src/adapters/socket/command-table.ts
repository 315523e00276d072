import type { CommandType } from "@parley/protocol";
import type { Session } from "../../realtime/audience.ts";
import type { Hub } from "../../realtime/hub.ts";
import type { Marks } from "../../services/marks.ts";
import type { ChangeMessages } from "../../services/messages/change-messages.ts";
import type { SendTo } from "../../services/messages/send-to.ts";
import type { PresenceService } from "../../services/presence.ts";
import type { Reactions } from "../../services/reactions.ts";
import type { Resume } from "../../services/resume/resume.ts";
import type { Typing } from "../../services/typing.ts";
import type { CommandHandler } from "./command-handler.ts";
import { createAddReaction } from "./commands/add-reaction.ts";
import { createClose } from "./commands/close.ts";
import { createDeleteMessage } from "./commands/delete-message.ts";
import { createEditMessage } from "./commands/edit-message.ts";
import { createMarkDelivered } from "./commands/mark-delivered.ts";
import { createMarkRead } from "./commands/mark-read.ts";
import { createOpen } from "./commands/open.ts";
import { createPing } from "./commands/ping.ts";
import { createRemoveReaction } from "./commands/remove-reaction.ts";
import { createResumeCommand } from "./commands/resume.ts";
import { createSendMessage } from "./commands/send-message.ts";
import { createSetPresence } from "./commands/set-presence.ts";
import { createTypingCommand } from "./commands/typing.ts";
import { createWatchPresence } from "./commands/watch-presence.ts";

/** The use cases behind the commands. */
export interface SocketServices {
  readonly sending: Pick<SendTo, "sendTo">;
  readonly changing: Pick<ChangeMessages, "edit" | "remove">;
  readonly reactions: Pick<Reactions, "add" | "remove">;
  readonly marks: Pick<Marks, "markRead" | "markDelivered" | "smallMarks">;
  readonly typing: Typing;
  readonly presence: PresenceService<Session>;
  readonly resume: Resume;
}

/** All commands but `authenticate`, which comes before them. */
export type CommandTable = { readonly [Type in Exclude<CommandType, "authenticate">]: CommandHandler<Type> };

export interface CommandTableDeps {
  readonly hub: Pick<Hub, "open" | "close">;
  readonly services: SocketServices;
  readonly replayBytes: number;
  readonly now: () => number;
}

export function createCommandTable({ hub, services, replayBytes, now }: CommandTableDeps): CommandTable {
  const { marks, presence } = services;
  return {
    resume: createResumeCommand({ resume: services.resume, replayBytes }),
    send_message: createSendMessage(services.sending),
    edit_message: createEditMessage(services.changing),
    delete_message: createDeleteMessage(services.changing),
    add_reaction: createAddReaction(services.reactions),
    remove_reaction: createRemoveReaction(services.reactions),
    mark_read: createMarkRead(marks.markRead),
    mark_delivered: createMarkDelivered(marks.markDelivered),
    typing: createTypingCommand(services.typing),
    open: createOpen({ hub, marks }),
    close: createClose(hub),
    watch_presence: createWatchPresence(presence),
    set_presence: createSetPresence(presence),
    ping: createPing(now),
  };
}
