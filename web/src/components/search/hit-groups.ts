import type { ConversationSummary, SearchHit } from "@parley/protocol";

export interface HitGroup {
  readonly key: string;
  readonly conversation: ConversationSummary;
  readonly hits: readonly SearchHit[];
}

/**
 * Hits as they come, best first, those of one conversation that follow each other under its name. A conversation may
 * come again further down: were its hits gathered, each page that is loaded would move what one is reading.
 */
export function groupsOf(hits: readonly SearchHit[]): readonly HitGroup[] {
  const groups: { key: string; conversation: ConversationSummary; hits: SearchHit[] }[] = [];
  for (const hit of hits) {
    const last = groups.at(-1);
    if (last?.conversation.id === hit.conversation.id) last.hits.push(hit);
    else groups.push({ key: hit.message.id, conversation: hit.conversation, hits: [hit] });
  }
  return groups;
}
