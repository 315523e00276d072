import type { Facts, Register, SendFact, TrueMessage, Truth, Violation } from "./facts.ts";

/** I1 and I6: each acknowledged send is there once and where it was said to be; each refused one is not. */
export function checkSends({ sends, registers, truth }: Pick<Facts, "sends" | "registers" | "truth">): Violation[] {
  const edited = new Set(
    [...registers.values()].flatMap(({ what, messageId }) => (what === "content" ? [messageId] : [])),
  );
  const byId = groupBy(truth.messages, (message) => message.id);
  const violations: Violation[] = [];
  for (const send of sends.values())
    violations.push(...(send.isScheduled ? checkScheduled(send, byId, truth) : checkSend(send, byId)));
  for (const message of truth.messages) {
    const send = sends.get(message.id);
    if (!send)
      violations.push(
        about(message, "I1", "nobody has sent this message: it was doubled under another id, or made up"),
      );
    else if (!message.isDeleted && !edited.has(message.id) && message.content !== send.content)
      violations.push(about(message, "I1", "the content is not what was sent"));
  }
  return violations;
}

function checkSend(send: SendFact, byId: ReadonlyMap<string, readonly TrueMessage[]>): Violation[] {
  const found = byId.get(send.id) ?? [];
  const [message] = found;
  if (found.length > 1) return [about(send, "I1", `the message is in the log ${found.length} times`)];
  if (send.outcome === "refused" && message)
    return [about(send, "I1", "the send was refused for good, and its message is there")];
  if (send.outcome !== "acked") return [];
  if (!message) return [about(send, "I1", `the message was acknowledged as seq ${send.seq} and is lost`)];
  if (message.conversationId !== send.conversationId)
    return [about(send, "I1", "the message is in another conversation")];
  if (message.seq === send.seq && message.ordinal === send.ordinal) return [];
  const was = `seq ${send.seq}, ordinal ${send.ordinal}`;
  return [
    about(
      send,
      "I1",
      `the message was acknowledged at ${was} and is at seq ${message.seq}, ordinal ${message.ordinal}`,
    ),
  ];
}

function checkScheduled(send: SendFact, byId: ReadonlyMap<string, readonly TrueMessage[]>, truth: Truth): Violation[] {
  const count = byId.get(send.id)?.length ?? 0;
  const row = truth.scheduled.get(send.id);
  if (count > 1) return [about(send, "I6", `the scheduled message was sent ${count} times`)];
  if (send.outcome === "refused" && (row || count > 0))
    return [about(send, "I6", "scheduling was refused for good, and it was scheduled")];
  if (row?.status === "sent" && count === 0)
    return [about(send, "I6", "the scheduled message counts as sent and is not there")];
  if (send.outcome !== "acked") return [];
  if (!row && count === 0) return [about(send, "I6", "the scheduled message was taken and is lost")];
  if (row?.isDue)
    return [about(send, "I6", `its time is over, everything works, and the scheduled message is ${row?.status}`)];
  return [];
}

/** The rest of I1: an edit, a deletion, a reaction or a pin that was acknowledged holds, unless a later one changed it. */
export function checkKept({ registers, truth }: Pick<Facts, "registers" | "truth">): Violation[] {
  const byId = new Map(truth.messages.map((message) => [message.id, message]));
  const violations: Violation[] = [];
  for (const register of registers.values()) {
    const message = byId.get(register.messageId);
    // That a message is lost is said elsewhere; with its deletion goes everything on it.
    if (!message || (message.isDeleted && register.what !== "deleted")) continue;
    const value = valueOf(register, message);
    if (value === register.acked || register.unknown.has(value)) continue;
    const detail = register.detail ? ` ${register.detail.reaction}` : "";
    violations.push(
      about(
        { ...register, id: register.messageId },
        "I1",
        `${register.what}${detail}: acknowledged as “${register.acked}”, but is “${value}”`,
      ),
    );
  }
  return violations;
}

function valueOf({ what, detail }: Register, message: TrueMessage): string {
  switch (what) {
    case "content":
      return message.content;
    case "deleted":
      return String(message.isDeleted);
    case "pinned":
      return String(message.isPinned);
    case "reaction":
      return String(message.reactions.includes(`${detail?.reaction} ${detail?.userId}`));
  }
}

function about(it: { id: string; conversationId: string }, invariant: "I1" | "I6", text: string): Violation {
  return { invariant, text, conversationId: it.conversationId, subject: it.id };
}

export function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}
