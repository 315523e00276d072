import type { ConversationState } from "@parley/client";
import type { Conversation, Space } from "@parley/protocol";
import type { Looking } from "../../stores/conversations.ts";

type SectionKind = "channels" | "direct_messages" | "groups" | "support" | "notices";

export interface Section {
  readonly id: string;
  readonly kind: SectionKind;
  /** The space whose channels they are. */
  readonly space?: Space | undefined;
  readonly items: readonly ConversationState[];
}

export interface SectionOptions extends Pick<Looking, "only" | "sort"> {
  readonly spaces: readonly Space[];
  /** Part of a name. */
  readonly wanted: string;
  readonly nameOf: (conversation: Conversation | undefined) => string;
  readonly mentionsIn: (state: ConversationState) => number;
}

const LATER: readonly SectionKind[] = ["direct_messages", "groups", "support", "notices"];

const KIND_OF = {
  channel: "channels",
  direct: "direct_messages",
  group: "groups",
  project: "groups",
  support: "support",
  system: "notices",
} as const;

/** The list as one wants to see it: the channels of each space, then what else there is, by kind. What has nothing in it is left out. */
export function sectionsOf(states: readonly ConversationState[], options: SectionOptions): readonly Section[] {
  const shown = sorted(
    states.filter((state) => isWanted(state, options)),
    options,
  );
  const byPlace = new Map<string, ConversationState[]>();
  for (const state of shown) {
    const place = placeOf(state.conversation, options.spaces);
    byPlace.set(place, [...(byPlace.get(place) ?? []), state]);
  }
  const places: Omit<Section, "items">[] = [
    ...options.spaces
      .toSorted((one, other) => one.name.localeCompare(other.name))
      .map((space) => ({ id: space.id, kind: "channels" as const, space })),
    { id: "channels", kind: "channels" },
    ...LATER.map((kind) => ({ id: kind, kind })),
  ];
  return places.flatMap((place) => {
    const items = byPlace.get(place.id);
    return items ? [{ ...place, items }] : [];
  });
}

function placeOf(conversation: Conversation | undefined, spaces: readonly Space[]): string {
  const kind = KIND_OF[conversation?.kind ?? "group"];
  const space = kind === "channels" && spaces.find(({ id }) => id === conversation?.space_id);
  return space ? space.id : kind;
}

function isWanted(state: ConversationState, { only, wanted, nameOf, mentionsIn }: SectionOptions): boolean {
  const { conversation, unread } = state;
  if (!conversation) return false;
  if (conversation.hidden) return false;
  const isArchived = conversation.archived_at !== null;
  if (isArchived !== (only === "archived")) return false;
  if (only === "unread" && (unread ?? 0) === 0) return false;
  if (only === "mentions" && mentionsIn(state) === 0) return false;
  return wanted === "" || nameOf(conversation).toLocaleLowerCase().includes(wanted.toLocaleLowerCase());
}

/** They come with the newest activity first. */
function sorted(states: readonly ConversationState[], { sort, nameOf }: SectionOptions): readonly ConversationState[] {
  if (sort === "recent") return states;
  if (sort === "name")
    return states.toSorted((one, other) => nameOf(one.conversation).localeCompare(nameOf(other.conversation)));
  return states.toSorted((one, other) => Number((other.unread ?? 0) > 0) - Number((one.unread ?? 0) > 0));
}
