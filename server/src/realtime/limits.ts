/** Every bound of the hub that its node may set, and its clocks. */
export interface HubLimits {
  /** Sessions of one user on this node. */
  readonly sessionsPerUser: number;
  /** Conversations that a session may have open. */
  readonly openConversations: number;
  /** How often the end of the log is looked at. */
  readonly tailMs: number;
  /** How often typing is looked at for what has timed out. */
  readonly tickMs: number;
  /** How often it is looked at who may still follow, and who was locked out: a net below what the services say at once. */
  readonly auditMs: number;
  /** How long changes of presence are gathered. */
  readonly presenceMs: number;
}

export const HUB_LIMITS: HubLimits = {
  sessionsPerUser: 100,
  openConversations: 100,
  tailMs: 500,
  tickMs: 1_000,
  auditMs: 60_000,
  presenceMs: 250,
};
