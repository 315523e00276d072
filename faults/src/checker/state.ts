import type { Comparison, Truth, UnreadFact, Violation } from "./facts.ts";

/** I4: line by line, so that a violation names what differs. */
export function checkComparisons(comparisons: readonly Comparison[]): Violation[] {
  return comparisons.flatMap(({ client, conversationId, held, fresh }) =>
    [...new Set([...held.keys(), ...fresh.keys()])].flatMap((subject): Violation[] => {
      const [own, other] = [held.get(subject), fresh.get(subject)];
      if (own === other) return [];
      const text = `${client} holds ${own ?? "nothing"}; a fresh look gives ${other ?? "nothing"}`;
      return [{ invariant: "I4", text, conversationId, subject, client }];
    }),
  );
}

/** I5: what is unread is what comes after the mark, and a mark never lies before one that was acknowledged. */
export function checkUnread(facts: readonly UnreadFact[], truth: Truth): Violation[] {
  return facts.flatMap(({ client, conversationId, lastReadSeq, unreadCount, ackedReadSeq }) => {
    const recount = truth.messages.filter(
      (message) => message.conversationId === conversationId && message.seq > lastReadSeq,
    ).length;
    const violations: Violation[] = [];
    const say = (text: string): void => void violations.push({ invariant: "I5", text, conversationId, client });
    if (recount !== unreadCount)
      say(`${client} has ${unreadCount} unread after seq ${lastReadSeq}; a recount gives ${recount}`);
    if (lastReadSeq < ackedReadSeq)
      say(`${client} has read up to ${lastReadSeq}, although ${ackedReadSeq} was acknowledged`);
    return violations;
  });
}
