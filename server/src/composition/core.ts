import type { Config } from "../config/config.ts";
import type { Secrets } from "../config/secrets.ts";
import { createLocalBus } from "../realtime/bus/local.ts";
import { createHub, type Hub } from "../realtime/hub.ts";
import { createConversationPresenter } from "../services/conversations/present-conversations.ts";
import { createMemberPresenter } from "../services/members/present-members.ts";
import { createMessagePresenter } from "../services/messages/present-messages.ts";
import { createUserCache } from "../services/user-cache.ts";
import { createUserSummaries } from "../services/user-summaries.ts";
import { createCommitter } from "../store/committer/committer.ts";
import type { Database } from "../store/database.ts";
import { createMarksWriter } from "../store/marks/marks-writer.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";

/** What everything else of a node is built from. */
export interface Foundation {
  readonly config: Config;
  readonly secrets: Secrets;
  readonly database: Database;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Takes what has to be stopped; the last one is stopped first. */
  readonly own: <T extends AsyncDisposable>(lifetime: T) => T;
}

export type Core = ReturnType<typeof createCore>;

/** The ways in and out of the log: the committer and the marks writer, the presenters, and the hub that tells what they wrote. */
export function createCore(foundation: Foundation) {
  const { config, database, logger, metrics, own } = foundation;
  const onTrouble = (error: unknown, message: string): void => logger.error({ err: error }, message);
  const users = createUserCache({ db: database });
  // The hub hears of commits, and is made of presenters that know what is about to be committed: one of them comes second.
  const later: { hub?: Hub; woken: (() => void)[] } = { woken: [] };
  const bus = own(createLocalBus().join());
  const committer = own(
    createCommitter({
      database,
      quota: supportQuota(config),
      onCommitted(changes) {
        later.hub?.committed(changes);
        for (const wake of later.woken) wake();
      },
      onBatch(size, milliseconds) {
        metrics.commitBatchSize.observe(size);
        metrics.commitSeconds.observe(milliseconds / 1_000);
      },
      onTrouble,
    }),
  );
  const marks = own(createMarksWriter({ database, onMoved: (moved) => later.hub?.marksMoved(moved), onTrouble }));
  const messages = createMessagePresenter({ db: database, summaries: createUserSummaries(users) });
  const members = createMemberPresenter({ db: database, users });
  const conversations = createConversationPresenter({ db: database, messages, users, marks });
  const hub = own(
    createHub({
      db: database,
      presenters: { messages, members, conversations },
      bus,
      onTold: (kind, sessions) => metrics.deliveries.inc({ kind }, sessions),
      onDropped: (count) => metrics.droppedSignals.inc(count),
      onTrouble,
    }),
  );
  later.hub = hub;
  return {
    users,
    committer,
    marks,
    hub,
    presenters: { messages, members, conversations },
    onTrouble,
    /** Calls `wake` after each commit of this node: for those who read the log. */
    onCommit: (wake: () => void): void => void later.woken.push(wake),
  };
}

/** The windows that the commit counts; shorter ones are counted in memory. */
function supportQuota(config: Config): { perHour: number; perDay: number } | null {
  if (!config.rates) return null;
  const of = (seconds: number): number =>
    config.rates?.support.find((rate) => rate.seconds === seconds)?.count ?? 1_000_000;
  return { perHour: of(3_600), perDay: of(86_400) };
}
