import {
  endpoints,
  type Agent,
  type EndpointId,
  type IssuedAgentToken,
  type JoinRequest,
  type Message,
  type ScheduledReceipt,
} from "@parley/protocol";
import { randomUUID } from "node:crypto";
import type { TestNode } from "../harness/node.ts";
import type { CallerName, Use } from "./permission-table.ts";
import { makeSpace, makeStranger, personIn, ROLES, say, type Place } from "./places.ts";

/** What one caller is to ask for in one place, and what the host does afterwards so that the next one finds the place as it was. */
export interface Prepared {
  /** By the names in the endpoint's path. */
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly undo?: () => Promise<unknown>;
}

export type Prepare = (place: Place, caller: CallerName) => Promise<Prepared> | Prepared;

/** The endpoint that a use is about. */
export function endpointOf(use: Use): (typeof endpoints)[EndpointId] {
  return endpoints[use.split(":")[0] as EndpointId];
}

const inIt: Prepare = ({ conversation }) => ({ params: { conversation_id: conversation } });
const nothing: Prepare = () => ({});

/** A message that somebody else than the caller has written. */
async function anothers({ node, conversation, people }: Place, caller: CallerName): Promise<Message> {
  return await say(node, caller === "service" ? people.get("acting") : node.host, conversation);
}

/** A message of the caller's, where they can have one: their last one in a conversation they are out of, another's where they never were. */
async function ones(place: Place, caller: CallerName): Promise<Message> {
  const { node, conversation, name } = place;
  if (caller === "removed") {
    const { items } = await node.done<{ items: Message[] }>(
      node.host,
      "GET",
      `/v1/conversations/${conversation}/messages?limit=100`,
    );
    const own = items.find((message) => message.sender_id === personIn(place, caller).id);
    if (own) return own;
  }
  const isReader = name === "system" && caller !== "service";
  if (caller === "nobody" || isReader) return await anothers(place, caller);
  const person = personIn(place, caller);
  const as = caller === "service" ? node.host : node.actingFor(person);
  const sent = await node.call<Message>(as, "POST", `/v1/conversations/${conversation}/messages`, {
    body: { content: "mine" },
  });
  return sent.status === 201 ? sent.body : await anothers(place, caller);
}

type MessageOf = (place: Place, caller: CallerName) => Promise<Message>;

/** About a message, named with its conversation or alone. */
function about(
  messageOf: MessageOf,
  more: (message: Message, place: Place, caller: CallerName) => Prepared = () => ({}),
): Prepare {
  return async (place, caller) => {
    const message = await messageOf(place, caller);
    return { params: { conversation_id: place.conversation, message_id: message.id }, ...more(message, place, caller) };
  };
}

/** Deleted by the host. */
function deleted(messageOf: MessageOf): MessageOf {
  return async (place, caller) => {
    const message = await messageOf(place, caller);
    await place.node.done(place.node.host, "DELETE", pathOf(message));
    return message;
  };
}

/** Deleted by whoever wrote it. */
function deletedByAuthor(messageOf: MessageOf): MessageOf {
  return async (place, caller) => {
    const { node, people } = place;
    const message = await messageOf(place, caller);
    const author = [...people.values()].find((person) => person.id === message.sender_id);
    const isHost = author === undefined || author.id === people.get("service")?.id;
    // Who was removed cannot delete any more what they wrote.
    const answer = await node.call(isHost ? node.host : node.actingFor(author), "DELETE", pathOf(message));
    if (answer.status !== 204) await node.done(node.host, "DELETE", pathOf(message));
    return message;
  };
}

function pathOf({ conversation_id, id }: Message): string {
  return `/v1/conversations/${conversation_id}/messages/${id}`;
}

/** A new member, whom things are done to; gone again afterwards. Where nobody can be added, one of those who are there. */
async function withSubject(
  place: Place,
  caller: CallerName,
  role: "member" | "admin" = "member",
): Promise<{ id: string; undo: () => Promise<void> }> {
  const { node, conversation, people, space, name } = place;
  if (["direct", "direct-blocked", "support", "system"].includes(name)) {
    const other = caller === "member" ? "acting" : "member";
    return {
      id: people.get(name === "direct" || name === "direct-blocked" ? other : "member")?.id ?? "",
      undo: async () => undefined,
    };
  }
  const subject = await makeStranger(node);
  if (name.endsWith("channel"))
    await node.done(node.host, "POST", `/v1/spaces/${space}/members`, { user_id: subject.id });
  const path = `/v1/conversations/${conversation}/members`;
  await node.done(node.host, "POST", path, { user_id: subject.id, role });
  return { id: subject.id, undo: async () => void (await node.call(node.host, "DELETE", `${path}/${subject.id}`)) };
}

function aboutMember(more: (place: Place) => Prepared, role?: "admin"): Prepare {
  return async (place, caller) => {
    const { id, undo } = await withSubject(place, caller, role);
    return { params: { conversation_id: place.conversation, user_id: id }, undo, ...more(place) };
  };
}

/** About the owner; where there is none, about whom the conversation is for. */
function aboutOwner(body?: unknown): Prepare {
  return (place) => {
    const { id } = personIn(place, ROLES_THERE.has(place.name) ? "owner" : "member");
    return { params: { conversation_id: place.conversation, user_id: id }, body };
  };
}
const ROLES_THERE = new Set(["group", "project", "public-channel", "private-channel"]);

/** Puts the ownership back where it was, and whoever had it meanwhile out. */
function returnOwnership({ node, conversation, people }: Place, undo: () => Promise<void>) {
  return async (): Promise<void> => {
    const owner = people.get("owner")?.id;
    await node.call(node.host, "POST", `/v1/conversations/${conversation}/transfer`, { body: { user_id: owner } });
    await undo();
  };
}

/** Makes whoever left a member again, as what they were; takes whoever joined out again. */
function rejoin(place: Place, caller: CallerName) {
  return async (): Promise<void> => {
    const person = place.people.get(caller);
    if (!person || !ROLES_THERE.has(place.name)) return;
    const path = `/v1/conversations/${place.conversation}/members`;
    const role = ROLES[caller];
    if (role === undefined) await place.node.call(place.node.host, "DELETE", `${path}/${person.id}`);
    else await place.node.done(place.node.host, "POST", path, { user_id: person.id, role });
  };
}

const comingOrGoing: Prepare = (place, caller) => ({
  params: { conversation_id: place.conversation },
  undo: rejoin(place, caller),
});

const oneself = (place: Place, caller: CallerName): string => place.people.get(caller)?.id ?? place.target.id;

async function waitingToJoin({ node, conversation, space, name }: Place): Promise<Prepared> {
  const path = `/v1/conversations/${conversation}`;
  const asker = await makeStranger(node);
  const params = { conversation_id: conversation, user_id: asker.id };
  const body = { approved: true };
  if (name !== "public-channel") return { params, body };
  await node.done(node.host, "POST", `/v1/spaces/${space}/members`, { user_id: asker.id });
  await node.done(node.host, "PATCH", path, { settings: { require_approval: true } });
  await node.done<{ join_request: JoinRequest }>(asker, "POST", `${path}/join`);
  const undo = async (): Promise<void> => {
    await node.done(node.host, "PATCH", path, { settings: { require_approval: false } });
    await node.call(node.host, "DELETE", `${path}/members/${asker.id}`);
  };
  return { params, body, undo };
}

const changed: Prepare = ({ conversation, name }) => ({
  params: { conversation_id: conversation },
  body: name.startsWith("direct") ? {} : { description: randomUUID() },
});

const later = (): string => new Date(Date.now() + 86_400_000).toISOString();

/** A scheduled message of the caller's, or of somebody else's. */
function scheduled(isOwn: boolean, body?: () => unknown): Prepare {
  return async ({ node, conversation, people }, caller) => {
    const another = people.get(caller === "member" ? "owner" : "member");
    const author = isOwn ? (people.get(caller) ?? another) : another;
    const path = `/v1/conversations/${conversation}/messages`;
    const receipt = await node.done<ScheduledReceipt>(author, "POST", path, { content: "later", send_at: later() });
    return { params: { scheduled_message_id: receipt.scheduled.id }, ...(body ? { body: body() } : {}) };
  };
}

const ofTarget: Prepare = ({ target }) => ({ params: { user_id: target.id } });

async function makeAgent(node: TestNode): Promise<Agent> {
  return await node.done<Agent>(node.host, "POST", "/v1/agents", {
    username: `a${randomUUID()}`,
    display_name: "Agent",
  });
}

const ofNewAgent = (body?: unknown): Prepare => {
  return async ({ node }) => {
    const { id } = await makeAgent(node);
    const token = await node.done<IssuedAgentToken>(node.host, "POST", `/v1/agents/${id}/tokens`, {});
    return { params: { agent_id: id, token_id: token.id }, body };
  };
};

const inSpace: Prepare = ({ space }) => ({ params: { space_id: space } });

/** How each use of the table is asked for. */
export const PREPARE: Readonly<Partial<Record<Use, Prepare>>> = {
  getConversation: inIt,
  listMessages: inIt,
  getMessage: about(anothers),
  listMessageEdits: about(anothers),
  "listMessageEdits: of a deleted message": about(deleted(anothers)),
  listThread: about(anothers),
  listReactions: about(anothers),
  listPins: inIt,
  listChanges: inIt,
  "searchMessages: in it": ({ conversation }) => ({ query: { q: "hello", conversation_id: conversation } }),
  deleteDraft: inIt,
  saveMessage: about(anothers),
  unsaveMessage: about(anothers),

  sendMessage: ({ conversation }) => ({ params: { conversation_id: conversation }, body: { content: "hello" } }),
  "sendMessage: later": ({ conversation }) => ({
    params: { conversation_id: conversation },
    body: { content: "hello", send_at: later() },
  }),
  "sendMessageTo: a conversation": ({ conversation }) => ({
    body: { conversation_id: conversation, content: "hello" },
  }),
  replyInThread: about(anothers, () => ({ body: { content: "a reply" } })),
  "sendMessage: a collaboration update": ({ conversation }) => ({
    params: { conversation_id: conversation },
    body: { content_type: "collaboration_update", content: "moved" },
  }),
  postAsAgent: (place) => ({
    params: { agent_id: personIn(place, "agent").id, conversation_id: place.conversation },
    body: { content: "beep" },
  }),
  setTyping: ({ conversation }) => ({ params: { conversation_id: conversation }, body: { is_typing: true } }),

  "editMessage: one's own": about(ones, () => ({ body: { content: randomUUID() } })),
  "editMessage: another's": about(anothers, () => ({ body: { content: randomUUID() } })),
  "deleteMessage: one's own": about(ones, (message, place, caller) => ({
    // The only one that they will ever have there.
    undo: async () =>
      void (
        caller === "removed" &&
        (await place.node.call(
          place.node.host,
          "POST",
          `/v1/conversations/${place.conversation}/messages/${message.id}/restore`,
        ))
      ),
  })),
  "deleteMessage: another's": about(anothers),
  "restoreMessage: deleted by oneself": about(deletedByAuthor(ones)),
  "restoreMessage: another's": about(deleted(anothers)),
  pinMessage: about(anothers),
  unpinMessage: about(async (place, caller) => {
    const message = await anothers(place, caller);
    await place.node.done(place.node.host, "PUT", `/v1/conversations/${place.conversation}/pins/${message.id}`);
    return message;
  }),
  addReaction: about(anothers, () => ({ body: { reaction: "👍" } })),
  removeReaction: about(anothers, (message) => ({
    params: { message_id: message.id, reaction: encodeURIComponent("👍") },
  })),
  putDraft: ({ conversation }) => ({ params: { conversation_id: conversation }, body: { content: "I think" } }),
  getDraft: async ({ node, conversation, people }, caller) => {
    await node.call(people.get(caller), "PUT", `/v1/conversations/${conversation}/draft`, {
      body: { content: "I think" },
    });
    return { params: { conversation_id: conversation } };
  },
  markRead: inIt,
  markDelivered: inIt,
  markManyRead: ({ conversation }) => ({ body: { conversation_ids: [conversation] } }),
  listMarks: inIt,
  listMessageStatus: about(anothers),

  updateConversation: changed,
  putConversation: changed,
  archiveConversation: ({ conversation }) => ({ params: { conversation_id: conversation }, body: { archived: true } }),
  deleteConversation: ({ node, conversation }) => ({
    params: { conversation_id: conversation },
    undo: () => node.call(node.host, "POST", `/v1/conversations/${conversation}/restore`),
  }),
  restoreConversation: async ({ node, conversation }) => {
    await node.call(node.host, "DELETE", `/v1/conversations/${conversation}`);
    return {
      params: { conversation_id: conversation },
      undo: () => node.call(node.host, "POST", `/v1/conversations/${conversation}/restore`),
    };
  },

  listMembers: inIt,
  addMembers: async (place) => {
    const { node, conversation, space, name } = place;
    const stranger = await makeStranger(node);
    if (name.endsWith("channel"))
      await node.done(node.host, "POST", `/v1/spaces/${space}/members`, { user_id: stranger.id });
    const undo = () => node.call(node.host, "DELETE", `/v1/conversations/${conversation}/members/${stranger.id}`);
    return { params: { conversation_id: conversation }, body: { user_id: stranger.id }, undo };
  },
  updateOwnMembership: ({ conversation }) => ({
    params: { conversation_id: conversation },
    body: { notification_level: "mentions" },
  }),
  removeMember: aboutMember(() => ({})),
  "removeMember: an admin": aboutMember(() => ({}), "admin"),
  "removeMember: the owner": aboutOwner(),
  "removeMember: oneself": (place, caller) => ({
    params: { conversation_id: place.conversation, user_id: oneself(place, caller) },
    undo: rejoin(place, caller),
  }),
  setMemberRole: aboutMember(() => ({ body: { role: "guest" } })),
  "setMemberRole: owner": aboutMember(() => ({ body: { role: "owner" } })),
  "setMemberRole: of the owner": aboutOwner({ role: "admin" }),
  setMemberPermissions: aboutMember(() => ({ body: { permissions: { send_messages: false } } })),
  joinConversation: comingOrGoing,
  leaveConversation: comingOrGoing,
  transferOwnership: async (place, caller) => {
    const { id, undo } = await withSubject(place, caller);
    return {
      params: { conversation_id: place.conversation },
      body: { user_id: id },
      undo: returnOwnership(place, undo),
    };
  },
  listJoinRequests: inIt,
  decideJoinRequest: waitingToJoin,

  getSpace: inSpace,
  listSpaceConversations: inSpace,
  listSpaceMembers: inSpace,
  updateSpace: ({ space }) => ({ params: { space_id: space }, body: { description: randomUUID() } }),
  addSpaceMembers: async ({ node, space }) => ({
    params: { space_id: space },
    body: { user_id: (await makeStranger(node)).id },
  }),
  "addSpaceMembers: as an owner": async ({ node, space }) => {
    const { id } = await makeStranger(node);
    return {
      params: { space_id: space },
      body: { user_id: id, role: "owner" },
      undo: () => node.call(node.host, "DELETE", `/v1/spaces/${space}/members/${id}`),
    };
  },
  removeSpaceMember: async ({ node, space }) => {
    const { id } = await makeStranger(node);
    await node.done(node.host, "POST", `/v1/spaces/${space}/members`, { user_id: id });
    return { params: { space_id: space, user_id: id } };
  },
  "removeSpaceMember: oneself": (place, caller) => ({
    params: { space_id: place.space, user_id: oneself(place, caller) },
    undo: async () => {
      const [person, role] = [place.people.get(caller), ROLES[caller]];
      if (person && role)
        await place.node.done(place.node.host, "POST", `/v1/spaces/${place.space}/members`, {
          user_id: person.id,
          role,
        });
    },
  }),
  deleteSpace: async ({ node, people }) => {
    const space = await makeSpace(node, people);
    await node.call(node.host, "DELETE", `/v1/spaces/${space}/members/${people.get("removed")?.id}`);
    return { params: { space_id: space } };
  },
  "createConversation: a channel in a space": ({ space }) => ({
    body: { kind: "channel", title: "New", space_id: space },
  }),

  listConversations: nothing,
  listAllChanges: nothing,
  streamEvents: nothing,
  "searchMessages: everywhere": () => ({ query: { q: "hello" } }),
  listNotifications: nothing,
  readNotifications: nothing,
  getNotificationPreferences: nothing,
  setNotificationPreferences: () => ({
    body: { preferences: [{ type: "mentions", channel: "push", enabled: false }] },
  }),
  getMe: nothing,
  updateMe: () => ({ body: { display_name: "Another name" } }),
  listUsers: nothing,
  getUser: ofTarget,
  upsertUser: () => ({ params: { external_id: randomUUID() }, body: { display_name: "Somebody" } }),
  listAllUsers: nothing,
  administerUser: async ({ node }) => ({
    params: { user_id: (await makeStranger(node)).id },
    body: { is_staff: true },
  }),
  createSpace: () => ({ body: { name: "Space", slug: `n${randomUUID()}` } }),
  listSpaces: nothing,
  blockUser: async ({ node }) => ({ params: { user_id: (await makeStranger(node)).id } }),
  unblockUser: ofTarget,
  befriendUser: ofTarget,
  unfriendUser: async ({ node }) => ({ params: { user_id: (await makeStranger(node)).id } }),
  listBlocks: nothing,
  listFriends: nothing,
  getConsents: nothing,
  setConsents: () => ({ body: { consents: [{ type: "cross_instance", granted: false }] } }),
  "createConversation: a group": ({ target }) => ({ body: { kind: "group", title: "New", member_ids: [target.id] } }),
  "createConversation: a project": ({ target }) => ({
    body: { kind: "project", title: "New", member_ids: [target.id] },
  }),
  "createConversation: a channel without space": () => ({ body: { kind: "channel", title: "New" } }),
  "createConversation: direct": ({ target }) => ({ body: { kind: "direct", member_ids: [target.id] } }),
  "sendMessageTo: a person": ({ target }) => ({ body: { recipient_id: target.id, content: "hello" } }),
  "createConversation: support": () => ({ body: { kind: "support" } }),
  "sendMessageTo: support": () => ({ body: { content: "help" } }),
  "createConversation: support for another": async ({ node }) => ({
    body: { kind: "support", member_ids: [(await makeStranger(node)).id] },
  }),
  "createConversation: system": ({ target }) => ({ body: { kind: "system", member_ids: [target.id] } }),
  "sendMessageTo: a notice": ({ target }) => ({
    body: { recipient_id: target.id, content_type: "system_notification", content: "Maintenance at noon" },
  }),
  getScheduledMessage: scheduled(true),
  updateScheduledMessage: scheduled(true, () => ({ content: "changed" })),
  deleteScheduledMessage: scheduled(true),
  "getScheduledMessage: another's": scheduled(false),
  "updateScheduledMessage: another's": scheduled(false, () => ({ content: "changed" })),
  "deleteScheduledMessage: another's": scheduled(false),
  listScheduledMessages: nothing,
  listSavedMessages: nothing,
  getPresence: ({ target }) => ({ query: { user_ids: target.id } }),
  createAgent: () => ({ body: { username: `a${randomUUID()}`, display_name: "Agent" } }),
  listAgents: nothing,
  createAgentToken: ofNewAgent({}),
  revokeAgentTokens: ofNewAgent(),
  revokeAgentToken: ofNewAgent(),
  listAudit: nothing,
  getLiveness: nothing,
  getReadiness: nothing,
  getMetrics: nothing,
};
