import { agentEndpoints } from "./agents.ts";
import { auditEndpoints } from "./audit.ts";
import { changeEndpoints } from "./changes.ts";
import { contactEndpoints } from "./contact.ts";
import { conversationEndpoints } from "./conversations.ts";
import { draftEndpoints } from "./drafts.ts";
import { markEndpoints } from "./marks.ts";
import { memberEndpoints } from "./members.ts";
import { messageEndpoints } from "./messages.ts";
import { notificationEndpoints } from "./notifications.ts";
import { operationEndpoints } from "./operations.ts";
import { pinEndpoints } from "./pins.ts";
import { presenceEndpoints } from "./presence.ts";
import { reactionEndpoints } from "./reactions.ts";
import { savedEndpoints } from "./saved.ts";
import { scheduledMessageEndpoints } from "./scheduled-messages.ts";
import { searchEndpoints } from "./search.ts";
import { spaceEndpoints } from "./spaces.ts";
import { threadEndpoints } from "./threads.ts";
import { userEndpoints } from "./users.ts";

/** The whole HTTP API, by id, in the order of its reference. */
export const endpoints = {
  ...conversationEndpoints,
  ...memberEndpoints,
  ...messageEndpoints,
  ...threadEndpoints,
  ...reactionEndpoints,
  ...markEndpoints,
  ...pinEndpoints,
  ...changeEndpoints,
  ...searchEndpoints,
  ...notificationEndpoints,
  ...userEndpoints,
  ...spaceEndpoints,
  ...contactEndpoints,
  ...draftEndpoints,
  ...scheduledMessageEndpoints,
  ...savedEndpoints,
  ...presenceEndpoints,
  ...agentEndpoints,
  ...auditEndpoints,
  ...operationEndpoints,
} as const;

export type Endpoints = typeof endpoints;
export type EndpointId = keyof Endpoints;
