import type { ConversationState } from "@parley/client";

export type SectionName = "channels" | "direct_messages" | "groups" | "support" | "notices";

export interface Section {
  readonly name: SectionName;
  readonly items: readonly ConversationState[];
}

const ORDER: readonly SectionName[] = ["channels", "direct_messages", "groups", "support", "notices"];

const SECTION_OF = {
  channel: "channels",
  direct: "direct_messages",
  group: "groups",
  project: "groups",
  support: "support",
  system: "notices",
} as const;

/** The list by kind, in the order it came in; a section without anything is left out. */
export function sectionsOf(states: readonly ConversationState[]): readonly Section[] {
  const byName = Map.groupBy(
    states.filter(({ conversation }) => conversation !== undefined && conversation.archived_at === null),
    ({ conversation }) => SECTION_OF[conversation?.kind ?? "group"],
  );
  return ORDER.flatMap((name) => {
    const items = byName.get(name);
    return items ? [{ name, items }] : [];
  });
}
