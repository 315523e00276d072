import * as z from "zod";

/**
 * The files of a Slack workspace export (https://slack.com/help/articles/220556107). Only what we read; unknown fields are
 * ignored, and what is missing in older exports has defaults.
 */

const profile = z.object({
  display_name: z.string().default(""),
  real_name: z.string().default(""),
  image_192: z.string().optional(),
});

export const slackUser = z.object({
  id: z.string().min(1),
  name: z.string().min(1),
  real_name: z.string().default(""),
  deleted: z.boolean().default(false),
  is_bot: z.boolean().default(false),
  profile: profile.default({ display_name: "", real_name: "" }),
});
export type SlackUser = z.infer<typeof slackUser>;

const noted = z.object({ value: z.string().default("") });

export const slackChannel = z.object({
  id: z.string().min(1),
  /** Absent for direct messages. */
  name: z.string().optional(),
  created: z.number().default(0),
  creator: z.string().default(""),
  is_archived: z.boolean().default(false),
  members: z.array(z.string()).default([]),
  topic: noted.default({ value: "" }),
  purpose: noted.default({ value: "" }),
  pins: z.array(z.object({ id: z.string(), user: z.string().default(""), created: z.number().default(0) })).default([]),
});
export type SlackChannel = z.infer<typeof slackChannel>;

const slackFile = z.object({
  id: z.string().default(""),
  name: z.string().nullish(),
  title: z.string().nullish(),
  mimetype: z.string().nullish(),
  size: z.number().nullish(),
  url_private: z.string().nullish(),
  original_w: z.number().nullish(),
  original_h: z.number().nullish(),
  duration_ms: z.number().nullish(),
});
export type SlackFile = z.infer<typeof slackFile>;

export const slackMessage = z.object({
  type: z.string(),
  subtype: z.string().optional(),
  ts: z.string().regex(/^\d{1,12}(\.\d{1,9})?$/),
  text: z.string().nullish(),
  user: z.string().nullish(),
  username: z.string().nullish(),
  bot_id: z.string().nullish(),
  thread_ts: z.string().optional(),
  edited: z.object({ ts: z.string(), user: z.string().optional() }).optional(),
  reactions: z.array(z.object({ name: z.string(), users: z.array(z.string()).default([]) })).default([]),
  files: z.array(slackFile).default([]),
  file: slackFile.optional(),
});
export type SlackMessage = z.infer<typeof slackMessage>;

/** "1517559148.000044" as a time, to the millisecond. */
export function timeOf(ts: string): Date {
  return new Date(Math.floor(Number(ts) * 1000));
}
