import { ParleyError } from "@parley/protocol";
import { createAgents } from "../services/agents.ts";
import { createAudit } from "../services/audit.ts";
import { createAuthentication } from "../services/authentication.ts";
import { createJwtVerifier } from "../services/authentication/verify-jwt.ts";
import { createChangesEverywhere } from "../services/changes/changes-everywhere.ts";
import { createChanges } from "../services/changes/changes.ts";
import { createContact } from "../services/contact/contact.ts";
import { createConversations } from "../services/conversations/conversations.ts";
import { createDeliveryStatus } from "../services/delivery-status.ts";
import { createDrafts } from "../services/drafts.ts";
import { createMarks } from "../services/marks.ts";
import { createMembers } from "../services/members/members.ts";
import { createChangeMessages } from "../services/messages/change-messages.ts";
import { createReadMessages } from "../services/messages/read-messages.ts";
import { createSendTo } from "../services/messages/send-to.ts";
import { createSend, type SendDeps, type SendService } from "../services/messages/send.ts";
import { createNotificationPreferences } from "../services/notification-preferences.ts";
import { createNotifications } from "../services/notifications.ts";
import { createPins } from "../services/pins.ts";
import { createPresence } from "../services/presence.ts";
import { createRateLimits } from "../services/rate-limits.ts";
import { createReactions } from "../services/reactions.ts";
import { createResume } from "../services/resume/resume.ts";
import { createSavedMessages } from "../services/saved-messages.ts";
import { createScheduledMessages } from "../services/scheduled-messages.ts";
import { createSearch } from "../services/search.ts";
import { createSendLimit } from "../services/send-limit.ts";
import { createSpaces } from "../services/spaces/spaces.ts";
import { createThreads } from "../services/threads.ts";
import { createTyping } from "../services/typing.ts";
import { createUserSummaries } from "../services/user-summaries.ts";
import { createUsers } from "../services/users.ts";
import { createEpochSource } from "../store/instance.ts";
import { findUserIdsByUsername } from "../store/users.ts";
import type { Core, Foundation } from "./core.ts";
import { createUserViews, tellingHub, usersTellingHub } from "./people-news.ts";
import { createSpaceNews } from "./space-news.ts";

export type Services = ReturnType<typeof createServices>;

/** The use cases, each with what it needs. */
export function createServices(foundation: Foundation, core: Core) {
  const { database: db } = foundation;
  const { committer, users, hub, presenters, onTrouble } = core;
  const access = createAccessServices(foundation, core);
  const marks = createMarks({ db, writer: core.marks, onTrouble });
  const epoch = createEpochSource(db);
  const { messages, members, conversations: presenter } = presenters;
  const changePresenters = { messages, members, conversations: presenter };
  const spaceChanged = createSpaceNews({ db, hub, onTrouble });
  const messaging = createMessagingServices(foundation, core, { marks, limits: access.limits });
  return {
    ...access,
    ...messaging,
    marks,
    epoch,
    changes: createChanges({ db, epoch, presenters: changePresenters }),
    everywhere: createChangesEverywhere({ db, epoch, presenters: changePresenters }),
    resume: createResume({
      db,
      epoch,
      presenters: changePresenters,
      marks,
      pendingMark: core.marks.pending.bind(core.marks),
    }),
    statuses: createDeliveryStatus({ db }),
    members: createMembers({ database: db, committer, presenter: members, users }),
    contact: tellingHub(createContact({ database: db, users }), hub),
    spaces: createSpaces({ db, committer, users, presenter, spaceChanged }),
    audit: createAudit({ db }),
    typing: createTyping({ db, typists: hub.typing }),
    presence: createPresence({ db, board: hub.presence }),
    notifications: createNotifications({ db, summaries: createUserSummaries(users) }),
    notificationPreferences: createNotificationPreferences({ db }),
    search: createSearch({ db, messages, conversations: presenter }),
  };
}

/** Who may come in, and how often. */
function createAccessServices({ config, secrets, database: db, metrics, logger }: Foundation, { users, hub }: Core) {
  const limits = createRateLimits({ rates: config.rates, onRefused: (limit) => metrics.rateLimited.inc({ limit }) });
  const { jwksUrl, issuer, audience } = config.auth;
  const keySet =
    jwksUrl === undefined
      ? undefined
      : {
          url: jwksUrl,
          onFailure: (error: unknown) => logger.warn({ err: error }, "the identity provider's keys cannot be read"),
        };
  const verifyJwt = createJwtVerifier({ secret: secrets.jwtSecret, keySet, issuer, audience });
  const authentication = createAuthentication({ db, users, verifyJwt, limits });
  return {
    limits,
    authentication,
    users: usersTellingHub(createUsers({ db, users, onDeactivated: (userId) => hub.revoke(userId) }), hub),
    agents: createAgents({
      db,
      onTokensRevoked(agentId, tokenId) {
        authentication.noteRevocation();
        hub.revoke(agentId, tokenId ?? null);
      },
    }),
  };
}

/** Everything that makes, changes and keeps messages. */
function createMessagingServices(
  { config, secrets, database: db, metrics }: Foundation,
  { committer, users, hub, presenters }: Core,
  { marks, limits }: { marks: ReturnType<typeof createMarks>; limits: ReturnType<typeof createRateLimits> },
) {
  const presenter = presenters.messages;
  const { maxContent } = config.messages;
  const userIdsByUsername = (usernames: readonly string[]) => findUserIdsByUsername(db, usernames);
  const limitSend = createSendLimit({ db, limits, isSupport: hub.isSupport });
  const send = counting(metrics, {
    db,
    committer,
    presenter,
    fingerprintKey: secrets.fingerprintKey,
    maxContent,
    userIdsByUsername,
    limitSend,
    refundSend: (caller, conversationId) => limits.refundSend(caller, conversationId),
    advanceOwnMark: marks.advanceOwn,
  });
  const conversations = createConversations({ db, committer, presenter: presenters.conversations, send });
  const scheduled = createScheduledMessages({ db, limitSend, maxContent, now: () => new Date() });
  const sending = createSendTo({ send, scheduled, conversations });
  return {
    send,
    conversations,
    scheduled,
    sending,
    reading: createReadMessages({ db, presenter }),
    changing: createChangeMessages({ db, committer, presenter, userIdsByUsername, settings: config.messages }),
    reactions: createReactions({ db, committer, users: createUserViews(users) }),
    pins: createPins({ db, committer, presenter }),
    threads: createThreads({ db, presenter, sending }),
    drafts: createDrafts({ db }),
    saved: createSavedMessages({ db, presenter }),
  };
}

/** Counts sends by what came of them. */
function counting(metrics: Foundation["metrics"], deps: SendDeps): SendService {
  const send = createSend(deps);
  return async (...given) => {
    try {
      const result = await send(...given);
      metrics.sends.inc({ result: result.duplicate ? "duplicate" : "created" });
      return result;
    } catch (error) {
      metrics.sends.inc({ result: error instanceof ParleyError ? error.code : "internal" });
      throw error;
    }
  };
}
