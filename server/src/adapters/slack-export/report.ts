/** Why something was not written, in words for the one who imports. */
export type SkipReason = string;

export interface ChannelReport {
  readonly name: string;
  /** The conversation was made by this import. */
  created: boolean;
  /** Messages in the export. */
  read: number;
  written: number;
  /** There already, from an earlier import. */
  present: number;
  /** Replies in threads, of all that were read. So with everything below: what the export has. */
  replies: number;
  /** Replies newly written whose root is not in the export: messages of their own. */
  rootless: number;
  /** Threads with replies in the export. */
  threads: number;
  edits: number;
  reactions: number;
  /** Files of which the metadata came over; their bytes stay at Slack. */
  files: number;
  pins: number;
  readonly skipped: Record<SkipReason, number>;
  /** What is in the conversation after the import. */
  now: { messages: number; replies: number; edited: number; threads: number } | undefined;
}

export interface ImportReport {
  readonly source: string;
  readonly users: { read: number; written: number; /** Authors that users.json does not list. */ unlisted: number };
  readonly channels: ChannelReport[];
  /** Folders of messages that no list of channels names: not imported. */
  unlistedFolders: string[];
}

export function emptyReport(source: string): ImportReport {
  return { source, users: { read: 0, written: 0, unlisted: 0 }, channels: [], unlistedFolders: [] };
}

export interface ImportTotals {
  channels: number;
  read: number;
  written: number;
  present: number;
  skipped: number;
  threads: number;
  replies: number;
  rootless: number;
  edits: number;
  reactions: number;
  files: number;
  pins: number;
  /** Messages now in the conversations that the export names. */
  now: number;
}

export function totalsOf(report: ImportReport): ImportTotals {
  const sum = (value: (channel: ChannelReport) => number): number =>
    report.channels.reduce((total, channel) => total + value(channel), 0);
  return {
    channels: report.channels.length,
    read: sum((channel) => channel.read),
    written: sum((channel) => channel.written),
    present: sum((channel) => channel.present),
    skipped: sum(skippedIn),
    threads: sum((channel) => channel.threads),
    replies: sum((channel) => channel.replies),
    rootless: sum((channel) => channel.rootless),
    edits: sum((channel) => channel.edits),
    reactions: sum((channel) => channel.reactions),
    files: sum((channel) => channel.files),
    pins: sum((channel) => channel.pins),
    now: sum((channel) => channel.now?.messages ?? 0),
  };
}

function skippedIn(channel: ChannelReport): number {
  return Object.values(channel.skipped).reduce((total, count) => total + count, 0);
}

/** Every message of the export was written, was there, or is named with its reason. */
export function isReconciled(report: ImportReport): boolean {
  return (
    report.channels.every((channel) => channel.read === channel.written + channel.present + skippedIn(channel)) &&
    report.unlistedFolders.length === 0
  );
}

const COLUMNS = [
  "channel",
  "read",
  "written",
  "present",
  "skipped",
  "threads",
  "replies",
  "edits",
  "reactions",
  "files",
  "now",
] as const;

/** The reconciliation as lines of text: a row per channel, the totals, and whatever needs explaining. */
export function reportLines(report: ImportReport): string[] {
  const totals = totalsOf(report);
  const rows = report.channels.map((channel) => [
    channel.name,
    ...numbersOf({ ...channel, skipped: skippedIn(channel), now: channel.now?.messages ?? 0 }),
  ]);
  rows.push(["all", ...numbersOf(totals)]);
  const table = [[...COLUMNS], ...rows];
  const widths = COLUMNS.map((_, column) => Math.max(...table.map((row) => (row[column] ?? "").length)));
  const lines = table.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  "),
  );
  return [...lines, "", ...notes(report, totals)];
}

function numbersOf(counts: Omit<ImportTotals, "channels" | "rootless" | "pins">): string[] {
  const { read, written, present, skipped, threads, replies, edits, reactions, files, now } = counts;
  return [read, written, present, skipped, threads, replies, edits, reactions, files, now].map(String);
}

function notes(report: ImportReport, totals: ImportTotals): string[] {
  const { users } = report;
  const lines = [
    `${users.read} users in the export, ${users.written} of them new here; ${users.unlisted} authors are not in users.json and were added.`,
  ];
  if (totals.rootless > 0)
    lines.push(`Replies to a message that is not in the export: ${totals.rootless}. Written as messages of their own.`);
  if (totals.pins > 0) lines.push(`Pinned messages: ${totals.pins}.`);
  if (totals.files > 0) lines.push("Of files the metadata came over; their bytes stay at Slack.");
  for (const channel of report.channels) {
    for (const [reason, count] of Object.entries(channel.skipped))
      lines.push(`Skipped in ${channel.name}: ${count} (${reason}).`);
  }
  for (const folder of report.unlistedFolders)
    lines.push(`Not imported: the folder ${folder}, which no list of channels names.`);
  lines.push(
    isReconciled(report)
      ? `Reconciled: ${totals.read} read = ${totals.written} written + ${totals.present} there already + ${totals.skipped} skipped.`
      : "NOT reconciled: see above for what is missing.",
  );
  return lines;
}
