import type {
  Agent,
  Conversation,
  EndpointId,
  IssuedAgentToken,
  Message,
  ScheduledReceipt,
  Space,
} from "@parley/protocol";
import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { v7 as uuidv7 } from "uuid";
import type { Person, TestNode, Who } from "../harness/node.ts";
import { makeStranger } from "./places.ts";

/** A few people who do everything that the API has, once. */
export interface World {
  readonly node: TestNode;
  /** Owns what there is. */
  readonly ada: Person;
  /** A member of it. */
  readonly grace: Person;
  readonly staff: Person;
  readonly bot: Person;
  readonly group: string;
  readonly message: Message;
  readonly space: string;
}

export interface Request {
  readonly who: Who;
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface HappyPath {
  readonly id: EndpointId;
  readonly status: number;
  readonly request: (world: World) => Promise<Request> | Request;
  /** What the answer has to be like, beyond its definition. */
  readonly like?: unknown;
}

export async function makeWorld(node: TestNode): Promise<World> {
  const [ada, grace, staff, bot] = await Promise.all([
    node.person("ada"),
    makeStranger(node),
    node.person("sam", { staff: true }),
    node.agent("bot"),
  ]);
  const space = (await node.done<Space>(ada, "POST", "/v1/spaces", { name: "Engines", slug: `e${randomUUID()}` })).id;
  await node.done(ada, "POST", `/v1/spaces/${space}/members`, { user_id: grace.id });
  const group = await newGroup(node, ada, [grace.id]);
  await node.done(node.host, "POST", `/v1/conversations/${group}/members`, { user_id: bot.id });
  return {
    node,
    ada,
    grace,
    staff,
    bot,
    group,
    space,
    message: await send({ node, group, ada }, "We launch on Friday"),
  };
}

const in60Minutes = (): string => new Date(Date.now() + 3_600_000).toISOString();
const inGroup = ({ group }: World) => ({ conversation_id: group });
const byAda = ({ ada }: World): Request => ({ who: ada });
const inGroupByAda = (world: World): Request => ({ who: world.ada, params: inGroup(world) });

async function newGroup(node: TestNode, owner: Person, memberIds: string[]): Promise<string> {
  const body = { kind: "group", title: "Launch", member_ids: memberIds };
  return (await node.done<Conversation>(owner, "POST", "/v1/conversations", body)).id;
}

async function send({ node, group, ada }: Pick<World, "node" | "group" | "ada">, content: string): Promise<Message> {
  return await node.done<Message>(ada, "POST", `/v1/conversations/${group}/messages`, { content });
}

/** A new message of ada's, in her group. */
async function aMessage(world: World): Promise<Request & { params: { conversation_id: string; message_id: string } }> {
  const { id } = await send(world, "hello");
  return { who: world.ada, params: { conversation_id: world.group, message_id: id } };
}

async function aDeletedMessage(world: World): Promise<Request> {
  const request = await aMessage(world);
  await world.node.done(world.ada, "DELETE", `/v1/conversations/${world.group}/messages/${request.params.message_id}`);
  return request;
}

/** A public channel of ada's in the space. */
async function aChannel({ node, ada, space }: World, requireApproval = false): Promise<string> {
  const body = {
    kind: "channel",
    title: "News",
    space_id: space,
    visibility: "public",
    settings: { require_approval: requireApproval },
  };
  return (await node.done<Conversation>(ada, "POST", "/v1/conversations", body)).id;
}

/** A new group of ada's and grace's. */
async function aGroup(world: World): Promise<{ who: Person; params: { conversation_id: string } }> {
  return { who: world.ada, params: { conversation_id: await newGroup(world.node, world.ada, [world.grace.id]) } };
}

async function aScheduledMessage({ node, ada, group }: World): Promise<Request> {
  const body = { content: "Good morning", send_at: in60Minutes() };
  const receipt = await node.done<ScheduledReceipt>(ada, "POST", `/v1/conversations/${group}/messages`, body);
  return { who: ada, params: { scheduled_message_id: receipt.scheduled.id } };
}

async function anAgent({ node }: World): Promise<Request> {
  const body = { username: `a${randomUUID()}`, display_name: "Deployer" };
  const { id } = await node.done<Agent>(node.host, "POST", "/v1/agents", body);
  const token = await node.done<IssuedAgentToken>(node.host, "POST", `/v1/agents/${id}/tokens`, {});
  return { who: node.host, params: { agent_id: id, token_id: token.id } };
}

/** Asks to join a channel; ada decides. */
async function aJoinRequest(world: World): Promise<Request> {
  const channel = await aChannel(world, true);
  await world.node.done(world.grace, "POST", `/v1/conversations/${channel}/join`);
  return { who: world.ada, params: { conversation_id: channel, user_id: world.grace.id } };
}

const twice = (send: (world: World, id: string) => Request): ((world: World) => Promise<Request>) => {
  return async (world) => {
    const request = send(world, uuidv7());
    const { conversation_id, message_id, agent_id } = request.params ?? {};
    const path = agent_id
      ? `/v1/agents/${agent_id}/conversations/${conversation_id}/messages`
      : message_id
        ? `/v1/messages/${message_id}/thread`
        : conversation_id
          ? `/v1/conversations/${conversation_id}/messages`
          : "/v1/messages";
    await world.node.done(request.who, "POST", path, request.body);
    return request;
  };
};

const sendingTo = (world: World, id?: string): Request => ({
  who: world.ada,
  body: { ...(id ? { id } : {}), recipient_id: world.grace.id, content: "hi" },
});
const replying = (world: World, id?: string): Request => ({
  who: world.ada,
  params: { message_id: world.message.id },
  body: { ...(id ? { id } : {}), content: "Ready when you are" },
});
const posting = (world: World, id?: string): Request => ({
  who: world.bot,
  params: { agent_id: world.bot.id, conversation_id: world.group },
  body: { ...(id ? { id } : {}), content: "v2.1 is live" },
});

/** Every documented answer of every endpoint, once. */
export const HAPPY_PATHS: readonly HappyPath[] = [
  {
    id: "createConversation",
    status: 201,
    request: ({ ada, grace }) => ({
      who: ada,
      body: { kind: "group", title: "Launch", member_ids: [grace.id], initial_message: { content: "hello" } },
    }),
    like: { kind: "group", title: "Launch", member_count: 2, message_count: 1, last_message: { content: "hello" } },
  },
  {
    id: "createConversation",
    status: 200,
    request: async ({ node, ada, grace }) => {
      const body = { kind: "direct", member_ids: [grace.id] };
      await node.done(ada, "POST", "/v1/conversations", body);
      return { who: ada, body };
    },
    like: { kind: "direct", member_count: 2 },
  },
  {
    id: "listConversations",
    status: 200,
    request: ({ ada }) => ({ who: ada, query: { kind: "group", q: "Laun", unread: "false", limit: "5" } }),
    like: { items: expect.arrayContaining([expect.objectContaining({ kind: "group" })]) },
  },
  { id: "getConversation", status: 200, request: inGroupByAda, like: { title: "Launch", unread_count: 0 } },
  {
    id: "updateConversation",
    status: 200,
    request: async (world) => ({
      ...(await aGroup(world)),
      body: { title: "Later", settings: { slow_mode_seconds: 5 } },
    }),
    like: { title: "Later", settings: { slow_mode_seconds: 5 } },
  },
  {
    id: "putConversation",
    status: 200,
    request: async (world) => ({ ...(await aGroup(world)), body: { description: "When, and what" } }),
    like: { title: "Launch", description: "When, and what" },
  },
  { id: "deleteConversation", status: 204, request: aGroup },
  {
    id: "restoreConversation",
    status: 200,
    request: async (world) => {
      const { params } = await aGroup(world);
      await world.node.done(world.ada, "DELETE", `/v1/conversations/${params.conversation_id}`);
      return { who: world.staff, params };
    },
    like: { title: "Launch", last_message: null },
  },
  {
    id: "archiveConversation",
    status: 200,
    request: async (world) => ({ ...(await aGroup(world)), body: { archived: true } }),
    like: { archived_at: expect.any(String) },
  },

  {
    id: "listMembers",
    status: 200,
    request: inGroupByAda,
    like: { items: expect.arrayContaining([expect.objectContaining({ role: "owner" })]), next_cursor: null },
  },
  {
    id: "addMembers",
    status: 201,
    request: async (world) => ({ ...(await aGroup(world)), body: { user_id: (await makeStranger(world.node)).id } }),
    like: { items: [{ role: "member" }] },
  },
  {
    id: "addMembers",
    status: 200,
    request: (world) => ({ ...inGroupByAda(world), body: { user_ids: [world.grace.id] } }),
    like: { items: [{ role: "member" }] },
  },
  {
    id: "updateOwnMembership",
    status: 200,
    request: (world) => ({
      ...inGroupByAda(world),
      body: { muted_until: in60Minutes(), notification_level: "mentions" },
    }),
    like: { notification_level: "mentions" },
  },
  {
    id: "removeMember",
    status: 204,
    request: async (world) => {
      const { who, params } = await aGroup(world);
      return { who, params: { ...params, user_id: world.grace.id } };
    },
  },
  {
    id: "setMemberRole",
    status: 200,
    request: async (world) => {
      const { who, params } = await aGroup(world);
      return { who, params: { ...params, user_id: world.grace.id }, body: { role: "admin" } };
    },
    like: { role: "admin" },
  },
  {
    id: "setMemberPermissions",
    status: 200,
    request: async (world) => {
      const { who, params } = await aGroup(world);
      return {
        who,
        params: { ...params, user_id: world.grace.id },
        body: { permissions: { send_messages: false, delete_messages: true } },
      };
    },
    like: { permissions: ["delete_messages"] },
  },
  {
    id: "joinConversation",
    status: 200,
    request: async (world) => ({ who: world.grace, params: { conversation_id: await aChannel(world) } }),
    like: { role: "member" },
  },
  {
    id: "joinConversation",
    status: 202,
    request: async (world) => ({ who: world.grace, params: { conversation_id: await aChannel(world, true) } }),
    like: { join_request: { status: "pending" } },
  },
  {
    id: "leaveConversation",
    status: 204,
    request: async (world) => ({ ...(await aGroup(world)), who: world.grace }),
  },
  {
    id: "transferOwnership",
    status: 200,
    request: async (world) => ({ ...(await aGroup(world)), body: { user_id: world.grace.id } }),
    like: { role: "owner" },
  },
  {
    id: "listJoinRequests",
    status: 200,
    request: async (world) => {
      const { who, params = {} } = await aJoinRequest(world);
      return { who, params, query: { status: "pending" } };
    },
    like: { items: [{ status: "pending" }] },
  },
  {
    id: "decideJoinRequest",
    status: 200,
    request: async (world) => ({ ...(await aJoinRequest(world)), body: { approved: true } }),
    like: { status: "approved" },
  },

  {
    id: "sendMessage",
    status: 201,
    request: (world) => ({ ...inGroupByAda(world), body: { content: "hello", metadata: { mood: "fine" } } }),
    like: { content: "hello", metadata: { mood: "fine" }, sender: { kind: "human" } },
  },
  {
    id: "sendMessage",
    status: 200,
    request: twice((world, id) => ({ ...inGroupByAda(world), body: { id, content: "hello" } })),
    like: { duplicate: true },
  },
  {
    id: "sendMessage",
    status: 202,
    request: (world) => ({ ...inGroupByAda(world), body: { content: "hello", send_at: in60Minutes() } }),
    like: { scheduled: { status: "pending" } },
  },
  { id: "sendMessageTo", status: 201, request: (world) => sendingTo(world), like: { content: "hi" } },
  { id: "sendMessageTo", status: 200, request: twice(sendingTo), like: { duplicate: true } },
  {
    id: "sendMessageTo",
    status: 202,
    request: (world) => ({
      who: world.ada,
      body: { conversation_id: world.group, content: "hi", send_at: in60Minutes() },
    }),
    like: { scheduled: { status: "pending" } },
  },
  {
    id: "listMessages",
    status: 200,
    request: (world) => ({ ...inGroupByAda(world), query: { around: world.message.id, limit: "3", threads: "roots" } }),
    like: { items: expect.any(Array) },
  },
  { id: "getMessage", status: 200, request: aMessage, like: { content: "hello" } },
  {
    id: "editMessage",
    status: 200,
    request: async (world) => ({ ...(await aMessage(world)), body: { content: "hello!" } }),
    like: { content: "hello!", edited_at: expect.any(String) },
  },
  { id: "deleteMessage", status: 204, request: aMessage },
  { id: "restoreMessage", status: 200, request: aDeletedMessage, like: { content: "hello", deleted_at: null } },
  {
    id: "listMessageEdits",
    status: 200,
    request: async (world) => {
      const { who, params } = await aMessage(world);
      await world.node.done(who, "PUT", `/v1/conversations/${world.group}/messages/${params.message_id}`, {
        content: "hello!",
      });
      return { who, params };
    },
    like: { items: [{ content: "hello" }] },
  },

  {
    id: "listThread",
    status: 200,
    request: ({ ada, message }) => ({ who: ada, params: { message_id: message.id } }),
    like: { root: { content: "We launch on Friday" } },
  },
  {
    id: "replyInThread",
    status: 201,
    request: (world) => replying(world),
    like: { depth: 1, thread: { reply_count: expect.any(Number) } },
  },
  { id: "replyInThread", status: 200, request: twice(replying), like: { duplicate: true } },
  {
    id: "replyInThread",
    status: 202,
    request: (world) => ({
      who: world.ada,
      params: { message_id: world.message.id },
      body: { content: "hi", send_at: in60Minutes() },
    }),
  },

  {
    id: "listReactions",
    status: 200,
    request: async (world) => {
      const { who, params } = await aMessage(world);
      await world.node.done(who, "POST", `/v1/messages/${params.message_id}/reactions`, { reaction: ":party_parrot:" });
      return { who, params };
    },
    like: { items: [{ reaction: ":party_parrot:", count: 1 }] },
  },
  {
    id: "addReaction",
    status: 201,
    request: async (world) => ({ ...(await aMessage(world)), body: { reaction: "👍" } }),
    like: { reaction: "👍", count: 1 },
  },
  {
    id: "addReaction",
    status: 200,
    request: async (world) => {
      const { who, params } = await aMessage(world);
      const body = { reaction: "👍" };
      await world.node.done(who, "POST", `/v1/messages/${params.message_id}/reactions`, body);
      return { who, params, body };
    },
    like: { count: 1 },
  },
  {
    id: "removeReaction",
    status: 204,
    request: ({ ada, message }) => ({
      who: ada,
      params: { message_id: message.id, reaction: encodeURIComponent("👍") },
    }),
  },

  {
    id: "markRead",
    status: 200,
    request: (world) => ({ who: world.grace, params: inGroup(world), body: { message_id: world.message.id } }),
    like: { last_read_seq: expect.any(Number) },
  },
  {
    id: "markDelivered",
    status: 200,
    request: (world) => ({ who: world.grace, params: inGroup(world) }),
    like: { last_delivered_seq: expect.any(Number) },
  },
  { id: "listMarks", status: 200, request: inGroupByAda, like: { items: expect.any(Array) } },
  {
    id: "markManyRead",
    status: 200,
    request: async ({ node, ada, staff }) => {
      const { id } = await node.done<Conversation>(ada, "POST", "/v1/conversations", {
        kind: "support",
        initial_message: { content: "help" },
      });
      return { who: staff, body: { conversation_ids: [id] } };
    },
    like: { updated_count: 1 },
  },
  {
    id: "listMessageStatus",
    status: 200,
    request: (world) => ({ who: world.ada, params: { conversation_id: world.group, message_id: world.message.id } }),
    like: { items: expect.any(Array) },
  },

  { id: "pinMessage", status: 200, request: aMessage, like: { pinned_at: expect.any(String) } },
  { id: "unpinMessage", status: 204, request: aMessage },
  { id: "listPins", status: 200, request: inGroupByAda },

  {
    id: "listChanges",
    status: 200,
    request: (world) => ({ ...inGroupByAda(world), query: { after: "1", limit: "10" } }),
    like: { after: 1, reset: false },
  },
  { id: "listAllChanges", status: 200, request: byAda, like: { reset: false } },
  { id: "streamEvents", status: 200, request: byAda },
  { id: "searchMessages", status: 200, request: ({ ada }) => ({ who: ada, query: { q: "launching", kind: "group" } }) },

  { id: "listNotifications", status: 200, request: ({ grace }) => ({ who: grace, query: { unread: "true" } }) },
  {
    id: "readNotifications",
    status: 200,
    request: ({ grace }) => ({ who: grace, body: {} }),
    like: { unread_count: 0 },
  },
  { id: "getNotificationPreferences", status: 200, request: byAda },
  {
    id: "setNotificationPreferences",
    status: 200,
    request: (world) => ({
      who: world.ada,
      body: { preferences: [{ conversation_id: world.group, type: "mentions", channel: "push", enabled: false }] },
    }),
    like: { preferences: [{ channel: "push", enabled: false }] },
  },

  { id: "getMe", status: 200, request: byAda, like: { kind: "human", external_id: expect.any(String) } },
  {
    id: "updateMe",
    status: 200,
    request: ({ ada }) => ({ who: ada, body: { display_name: "Ada Lovelace", locale: "en-GB" } }),
    like: { display_name: "Ada Lovelace", locale: "en-GB" },
  },
  {
    id: "listUsers",
    status: 200,
    request: ({ ada, grace }) => ({ who: ada, query: { q: grace.username } }),
    like: { items: [{ kind: "human" }] },
  },
  {
    id: "getUser",
    status: 200,
    request: ({ ada, grace }) => ({ who: ada, params: { user_id: grace.id } }),
    like: { kind: "human" },
  },
  {
    id: "listAllUsers",
    status: 200,
    request: ({ node, grace }) => ({ who: node.host, query: { q: grace.username } }),
    like: { items: [{ is_staff: false, deactivated_at: null }] },
  },
  {
    id: "administerUser",
    status: 200,
    request: async ({ node }) => ({
      who: node.host,
      params: { user_id: (await makeStranger(node)).id },
      body: { is_staff: true },
    }),
    like: { is_staff: true },
  },
  {
    id: "upsertUser",
    status: 201,
    request: ({ node }) => ({
      who: node.host,
      params: { external_id: encodeURIComponent(`auth0|${randomUUID()}`) },
      body: { display_name: "Grace" },
    }),
    like: { display_name: "Grace" },
  },
  {
    id: "upsertUser",
    status: 200,
    request: async ({ node }) => {
      const id = randomUUID();
      await node.done(node.host, "PUT", `/v1/users/${id}`, {});
      return { who: node.host, params: { external_id: id }, body: { locale: "en", is_staff: true } };
    },
    like: { locale: "en", is_staff: true },
  },

  {
    id: "createSpace",
    status: 201,
    request: ({ ada }) => ({ who: ada, body: { name: "Engines", slug: `x${randomUUID()}` } }),
    like: { role: "owner", member_count: 1 },
  },
  { id: "listSpaces", status: 200, request: byAda, like: { items: expect.any(Array) } },
  {
    id: "getSpace",
    status: 200,
    request: ({ ada, space }) => ({ who: ada, params: { space_id: space } }),
    like: { name: "Engines" },
  },
  {
    id: "updateSpace",
    status: 200,
    request: ({ ada, space }) => ({ who: ada, params: { space_id: space }, body: { description: "All of them" } }),
    like: { description: "All of them" },
  },
  {
    id: "deleteSpace",
    status: 204,
    request: async ({ node, ada }) => {
      const { id } = await node.done<Space>(ada, "POST", "/v1/spaces", { name: "Gone", slug: `g${randomUUID()}` });
      return { who: ada, params: { space_id: id } };
    },
  },
  {
    id: "listSpaceMembers",
    status: 200,
    request: ({ ada, space }) => ({ who: ada, params: { space_id: space } }),
    like: { items: [{ role: "owner" }, { role: "member" }] },
  },
  {
    id: "addSpaceMembers",
    status: 201,
    request: async ({ node, ada, space }) => ({
      who: ada,
      params: { space_id: space },
      body: { user_id: (await makeStranger(node)).id },
    }),
    like: { items: [{ role: "member" }] },
  },
  {
    id: "addSpaceMembers",
    status: 200,
    request: ({ ada, space, grace }) => ({ who: ada, params: { space_id: space }, body: { user_id: grace.id } }),
    like: { items: [{ role: "member" }] },
  },
  {
    id: "removeSpaceMember",
    status: 204,
    request: async ({ node, ada, space }) => {
      const { id } = await makeStranger(node);
      await node.done(ada, "POST", `/v1/spaces/${space}/members`, { user_id: id });
      return { who: ada, params: { space_id: space, user_id: id } };
    },
  },
  {
    id: "listSpaceConversations",
    status: 200,
    request: ({ ada, space }) => ({ who: ada, params: { space_id: space } }),
    like: { items: expect.any(Array) },
  },

  {
    id: "blockUser",
    status: 204,
    request: async ({ node, ada }) => ({ who: ada, params: { user_id: (await makeStranger(node)).id } }),
  },
  {
    id: "listBlocks",
    status: 200,
    request: byAda,
    like: { items: [{ blocked_at: expect.any(String) }] },
  },
  {
    id: "unblockUser",
    status: 204,
    request: async ({ node, ada }) => ({ who: ada, params: { user_id: (await makeStranger(node)).id } }),
  },
  {
    id: "befriendUser",
    status: 200,
    request: ({ ada, grace }) => ({ who: ada, params: { user_id: grace.id } }),
    like: { status: "requested" },
  },
  {
    id: "unfriendUser",
    status: 204,
    request: async ({ node, ada }) => ({ who: ada, params: { user_id: (await makeStranger(node)).id } }),
  },
  {
    id: "listFriends",
    status: 200,
    request: ({ ada }) => ({ who: ada, query: { status: "requested" } }),
    like: { items: [{ status: "requested" }] },
  },
  {
    id: "getConsents",
    status: 200,
    request: byAda,
    like: { consents: [{ granted: true }, { granted: true }, { granted: true }] },
  },
  {
    id: "setConsents",
    status: 200,
    request: ({ ada }) => ({ who: ada, body: { consents: [{ type: "cross_instance", granted: false }] } }),
    like: { consents: expect.arrayContaining([expect.objectContaining({ granted: false })]) },
  },

  {
    id: "putDraft",
    status: 200,
    request: (world) => ({ ...inGroupByAda(world), body: { content: "We launch on", parent_id: world.message.id } }),
    like: { content: "We launch on" },
  },
  { id: "getDraft", status: 200, request: inGroupByAda, like: { content: "We launch on" } },
  { id: "deleteDraft", status: 204, request: inGroupByAda },

  {
    id: "listScheduledMessages",
    status: 200,
    request: (world) => ({ who: world.ada, query: { status: "pending", conversation_id: world.group } }),
    like: { items: expect.any(Array) },
  },
  { id: "getScheduledMessage", status: 200, request: aScheduledMessage, like: { status: "pending" } },
  {
    id: "updateScheduledMessage",
    status: 200,
    request: async (world) => ({ ...(await aScheduledMessage(world)), body: { content: "Good evening" } }),
    like: { content: "Good evening" },
  },
  { id: "deleteScheduledMessage", status: 204, request: aScheduledMessage },

  {
    id: "saveMessage",
    status: 200,
    request: ({ ada, message }) => ({ who: ada, params: { message_id: message.id } }),
    like: { message: { content: "We launch on Friday" } },
  },
  {
    id: "listSavedMessages",
    status: 200,
    request: byAda,
    like: { items: [{ message: { content: "We launch on Friday" } }] },
  },
  {
    id: "unsaveMessage",
    status: 204,
    request: ({ ada, message }) => ({ who: ada, params: { message_id: message.id } }),
  },

  {
    id: "getPresence",
    status: 200,
    request: ({ ada, grace }) => ({ who: ada, query: { user_ids: `${ada.id},${grace.id}` } }),
    like: { items: [{ status: "offline" }, { status: "offline" }] },
  },
  { id: "setTyping", status: 204, request: (world) => ({ ...inGroupByAda(world), body: { is_typing: true } }) },

  {
    id: "createAgent",
    status: 201,
    request: ({ node }) => ({
      who: node.host,
      body: { username: `a${randomUUID()}`, display_name: "Deployer", description: "Says what went live" },
    }),
    like: { tokens: [], description: "Says what went live" },
  },
  {
    id: "listAgents",
    status: 200,
    request: ({ node }) => ({ who: node.host, query: { limit: "2" } }),
    like: { items: expect.any(Array) },
  },
  {
    id: "createAgentToken",
    status: 201,
    request: async (world) => ({ ...(await anAgent(world)), body: { name: "deploys", expires_at: in60Minutes() } }),
    like: { token: expect.stringMatching(/^parley_agent_/) },
  },
  { id: "revokeAgentTokens", status: 204, request: anAgent },
  { id: "revokeAgentToken", status: 204, request: anAgent },
  { id: "postAsAgent", status: 201, request: (world) => posting(world), like: { sender: { kind: "agent" } } },
  { id: "postAsAgent", status: 200, request: twice(posting), like: { duplicate: true } },
  {
    id: "postAsAgent",
    status: 202,
    request: (world) => ({ ...posting(world), body: { content: "soon", send_at: in60Minutes() } }),
    like: { scheduled: { status: "pending" } },
  },

  {
    id: "listAudit",
    status: 200,
    request: ({ staff }) => ({ who: staff, query: { action: "member.removed", limit: "1" } }),
    like: { items: [{ action: "member.removed" }] },
  },
  { id: "getLiveness", status: 200, request: () => ({ who: undefined }), like: { status: "ok" } },
  { id: "getReadiness", status: 200, request: () => ({ who: undefined }), like: { status: "ready" } },
  { id: "getMetrics", status: 200, request: () => ({ who: undefined }) },
];
