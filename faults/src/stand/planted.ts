import type { Invariant } from "../checker/facts.ts";
import type { Edit } from "./server-copy.ts";

/** A bug that is planted into a copy of the built server, to see whether it is caught. */
export interface PlantedBug {
  readonly title: string;
  /** One of these has to be reported. */
  readonly caughtBy: readonly Invariant[];
  /** Faults under which it shows; any where there are none. */
  readonly faults?: readonly string[];
  readonly edits: readonly Edit[];
}

export const PLANTED_BUGS: Readonly<Record<string, PlantedBug>> = {
  "ack-before-commit": {
    title: "a send is answered before its transaction has committed",
    caughtBy: ["I1"],
    faults: ["kill-database"],
    edits: [
      {
        file: "store/committer/lane.js",
        from: "            outcomes = await commitSends(",
        to: '            await connection.execute({ text: "BEGIN" });\n            outcomes = await commitSends(',
      },
      {
        file: "store/committer/lane.js",
        from: "        return busy;\n    }",
        to: '        await new Promise((resolve) => setTimeout(resolve, 40));\n        await connection.execute({ text: "COMMIT" }).catch(() => undefined);\n        return busy;\n    }',
      },
    ],
  },
  "skipped-version": {
    title: "now and then a change is delivered to nobody",
    caughtBy: ["I2"],
    edits: [
      {
        file: "realtime/delivery.js",
        from: "onTold(change, tellChange(audience, stream, told));",
        to: "onTold(change, version % 23 === 0 ? 0 : tellChange(audience, stream, told));",
      },
    ],
  },
  "forgotten-membership-check": {
    title: "whoever resumes hears their former conversations again",
    caughtBy: ["I7"],
    faults: ["cut-clients", "kill-node"],
    edits: [
      {
        file: "store/live-conversations.js",
        from: "WHERE m.user_id = ANY ($1::uuid[]) AND m.left_at IS NULL",
        to: "WHERE m.user_id = ANY ($1::uuid[])",
      },
    ],
  },
};
