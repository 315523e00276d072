import { ParleyError } from "@parley/protocol";
import * as z from "zod";
import type { ImportedConversation, ImportedMessage } from "../../services/imports/history.ts";
import type { HistoryImport } from "../../services/imports/import-history.ts";
import type { SlackArchive } from "./archive.ts";
import { authorOf, idsFrom, toMessage, toUnlistedUser, toUser, toUsername, type SlackIds } from "./convert.ts";
import {
  slackChannel,
  slackMessage,
  slackUser,
  timeOf,
  type SlackChannel,
  type SlackMessage,
  type SlackUser,
} from "./format.ts";
import type { SlackNames } from "./mrkdwn.ts";
import { emptyReport, type ChannelReport, type ImportReport, type SkipReason } from "./report.ts";
import { SlackExportError } from "./slack-export-error.ts";

/** Messages in one transaction. */
const BATCH = 250;

export interface SlackImportOptions {
  readonly archive: SlackArchive;
  readonly history: HistoryImport;
  /** Tells workspaces apart, and names the space: lower-case letters, digits and dashes. */
  readonly source: string;
  /** Title of the space that takes the channels. */
  readonly spaceName: string;
  /** Called after each batch. */
  readonly onProgress: (progress: { readonly channel: string; readonly done: number; readonly total: number }) => void;
}

/** A channel with where its messages are in the archive. */
interface ChannelSource {
  readonly channel: SlackChannel;
  readonly kind: "channel" | "group" | "direct";
  readonly isPublic: boolean;
  readonly folder: string;
}

const LISTS = [
  { path: "channels.json", kind: "channel", isPublic: true },
  { path: "groups.json", kind: "channel", isPublic: false },
  { path: "mpims.json", kind: "group", isPublic: false },
  { path: "dms.json", kind: "direct", isPublic: false },
] as const;

/**
 * Imports an export whole: users, channels (also private ones, groups and direct messages where the export has them), messages
 * with threads, edits, reactions, pins and what is known of files. Doing it again writes only what is not there yet.
 */
export async function importSlackExport(options: SlackImportOptions): Promise<ImportReport> {
  const { archive, history, source } = options;
  const ids = idsFrom(source);
  const users = await readList(archive, "users.json", slackUser);
  const channels = await readChannels(archive);
  const report = emptyReport(source);
  report.users.read = users.length;
  report.users.written = await history.users(users.map((user) => toUser(ids, source, user)));
  await history.space({
    id: ids.space(),
    slug: source,
    name: options.spaceName,
    members: users.filter((user) => !user.deleted).map((user) => ids.user(user.id)),
  });

  const context = { ids, names: namesOf(users, channels), known: new Set(users.map((user) => user.id)) };
  const total = archive.paths.filter((path) => isDay(path)).length;
  let done = 0;
  for (const channel of channels) {
    const days = archive.paths.filter((path) => path.startsWith(`${channel.folder}/`) && isDay(path)).toSorted();
    report.channels.push(await importChannel(options, context, channel, days));
    done += days.length;
    options.onProgress({ channel: titleOf(channel), done, total });
  }
  const folders = new Set(channels.map((channel) => channel.folder));
  report.unlistedFolders = [...new Set(archive.paths.filter(isDay).map((path) => path.split("/")[0] as string))].filter(
    (folder) => !folders.has(folder),
  );
  report.users.unlisted = context.known.size - users.length;
  return report;
}

interface ImportContext {
  readonly ids: SlackIds;
  readonly names: SlackNames;
  /** Authors who are users by now. */
  readonly known: Set<string>;
}

async function importChannel(
  options: SlackImportOptions,
  context: ImportContext,
  source: ChannelSource,
  days: readonly string[],
): Promise<ChannelReport> {
  const report: ChannelReport = newChannelReport(titleOf(source));
  const messages = await readMessages(options.archive, days, report);
  await addUnlisted(options, context, source, messages);
  const conversation = toConversation(context.ids, source, messages, options.source);
  try {
    report.created = await options.history.conversation(conversation);
  } catch (error) {
    if (!(error instanceof ParleyError)) throw error;
    skip(report, error.message, messages.length);
    return report;
  }
  const converted = messages.map((message) => toMessage({ ...context, channel: source.channel }, message));
  for (let start = 0; start < converted.length; start += BATCH) {
    await importBatch(options, conversation, converted.slice(start, start + BATCH), report);
  }
  await options.history.finish(conversation.id);
  report.replies = messages.filter(isReply).length;
  report.threads = new Set(messages.filter(isReply).map((message) => message.thread_ts)).size;
  report.now = await options.history.count(conversation.id);
  return report;
}

async function importBatch(
  options: SlackImportOptions,
  conversation: ImportedConversation,
  batch: readonly ImportedMessage[],
  report: ChannelReport,
): Promise<void> {
  const result = await options.history.messages(conversation.id, batch);
  report.written += result.written;
  report.present += result.present;
  report.rootless += result.rootless;
  report.edits += batch.filter((message) => message.editedAt !== null).length;
  report.reactions += batch.reduce((sum, message) => sum + message.reactions.length, 0);
  report.files += batch.reduce((sum, message) => sum + (message.attachments?.length ?? 0), 0);
  report.pins += batch.filter((message) => message.pinned !== null).length;
}

/** All messages of a channel by time, each once. What cannot be read is counted with its reason, never dropped in silence. */
async function readMessages(
  archive: SlackArchive,
  days: readonly string[],
  report: ChannelReport,
): Promise<SlackMessage[]> {
  const byTime = new Map<string, SlackMessage>();
  for (const path of days) {
    const day = await archive.read(path);
    if (!Array.isArray(day)) {
      skip(report, `${path} is no list of messages`, 1);
      continue;
    }
    for (const item of day) {
      report.read += 1;
      const parsed = slackMessage.safeParse(item);
      if (!parsed.success) skip(report, "not a Slack message", 1);
      else if (parsed.data.type !== "message") skip(report, `of type ${parsed.data.type}`, 1);
      else if (byTime.has(parsed.data.ts)) skip(report, "the same message again", 1);
      else byTime.set(parsed.data.ts, parsed.data);
    }
  }
  return [...byTime.values()].toSorted((a, b) => Number(a.ts) - Number(b.ts));
}

/** Bots and people of other workspaces wrote here without being in users.json. */
async function addUnlisted(
  options: SlackImportOptions,
  context: ImportContext,
  source: ChannelSource,
  messages: readonly SlackMessage[],
): Promise<void> {
  const reacting = messages.flatMap((message) => message.reactions.flatMap((reaction) => reaction.users));
  const pinning = source.channel.pins.flatMap((pin) => (pin.user ? [pin.user] : []));
  const people = [
    ...messages.map(authorOf),
    ...reacting,
    ...pinning,
    ...source.channel.members,
    source.channel.creator,
  ];
  const missing = [...new Set(people)].filter((author) => author !== "" && !context.known.has(author));
  await options.history.users(missing.map((author) => toUnlistedUser(context.ids, options.source, author)));
  for (const author of missing) context.known.add(author);
}

function toConversation(
  ids: SlackIds,
  source: ChannelSource,
  messages: readonly SlackMessage[],
  space: string,
): ImportedConversation {
  const { channel, kind } = source;
  const name = channel.name ?? null;
  const [first] = messages;
  const members = channel.members.map((member) => ids.user(member));
  const creator = channel.creator || channel.members[0] || (first && authorOf(first));
  const createdAt = channel.created > 0 ? new Date(channel.created * 1000) : first ? timeOf(first.ts) : new Date(0);
  return {
    id: ids.conversation(channel.id),
    kind,
    spaceId: kind === "channel" ? ids.space() : null,
    slug: kind === "channel" && name ? toUsername(name).replaceAll(".", "-").slice(0, 80) : null,
    title: kind === "direct" ? null : (name ?? space),
    description: (channel.purpose.value || channel.topic.value).slice(0, 2_000),
    visibility: source.isPublic ? "public" : "private",
    createdBy: creator ? ids.user(creator) : (members[0] as ImportedConversation["createdBy"]),
    createdAt,
    members,
  };
}

async function readChannels(archive: SlackArchive): Promise<ChannelSource[]> {
  const sources: ChannelSource[] = [];
  for (const { path, kind, isPublic } of LISTS) {
    if (!archive.paths.includes(path)) continue;
    for (const channel of await readList(archive, path, slackChannel)) {
      // Slack files direct messages under their id, everything else under its name.
      sources.push({
        channel,
        kind: kind === "direct" && channel.members.length !== 2 ? "group" : kind,
        isPublic,
        folder: kind === "direct" ? channel.id : (channel.name ?? channel.id),
      });
    }
  }
  return sources;
}

async function readList<T>(archive: SlackArchive, path: string, schema: z.ZodType<T>): Promise<T[]> {
  const parsed = z.array(schema).safeParse(await archive.read(path));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new SlackExportError(`${path} is not as Slack writes it: ${issue?.path.join(".")}: ${issue?.message}`);
}

function namesOf(users: readonly SlackUser[], channels: readonly ChannelSource[]): SlackNames {
  const userNames = new Map(users.map((user) => [user.id, toUsername(user.name)]));
  const channelNames = new Map(channels.map(({ channel }) => [channel.id, channel.name]));
  return { user: (id) => userNames.get(id), channel: (id) => channelNames.get(id) };
}

function isDay(path: string): boolean {
  return /^[^/]+\/[^/]+\.json$/.test(path);
}

function titleOf({ channel }: ChannelSource): string {
  return channel.name ?? channel.id;
}

function isReply(message: SlackMessage): boolean {
  return message.thread_ts !== undefined && message.thread_ts !== message.ts;
}

function newChannelReport(name: string): ChannelReport {
  return {
    name,
    created: false,
    read: 0,
    written: 0,
    present: 0,
    replies: 0,
    rootless: 0,
    threads: 0,
    edits: 0,
    reactions: 0,
    files: 0,
    pins: 0,
    skipped: {},
    now: undefined,
  };
}

function skip(report: ChannelReport, reason: SkipReason, count: number): void {
  report.skipped[reason] = (report.skipped[reason] ?? 0) + count;
}
