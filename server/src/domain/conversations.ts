import type {
  ConversationKind,
  CreateConversation,
  FieldError,
  UpdateConversation,
  Visibility,
} from "@parley/protocol";
import type { UserId } from "./ids.ts";
import { rightsOf, type PermissionOverrides, type Role } from "./permissions.ts";

/** One key for both people of a direct conversation, whoever asks. Lower-case ids, as everywhere. */
export function directKey(a: UserId, b: UserId): string {
  return a < b ? `${a}:${b}` : `${b}:${a}`;
}

/** The other one of a direct conversation; undefined for a key that does not name `userId`. */
export function peerOf(key: string, userId: UserId): UserId | undefined {
  const [low, high] = key.split(":") as [UserId, UserId];
  if (low === userId) return high;
  return high === userId ? low : undefined;
}

interface ArchivedFacts {
  readonly archivedAt: Date | null;
  /** The message count when it was archived. */
  readonly archivedOrdinal: number | null;
}

/** When it was archived, if no message came since: a new one brings a conversation back without anybody writing that down. */
export function archivedSince({ archivedAt, archivedOrdinal }: ArchivedFacts, messageCount: number): Date | null {
  return archivedOrdinal !== null && archivedOrdinal >= messageCount ? archivedAt : null;
}

/** Whether archiving is for all (by whom settings may be changed) or for oneself. */
export function isArchivedForAll(kind: ConversationKind): boolean {
  return kind === "support" || kind === "channel";
}

/** Kinds of which there is one for each pair of people, each customer or each reader. */
export function existsOnce(kind: ConversationKind): kind is "direct" | "support" | "system" {
  return kind === "direct" || kind === "support" || kind === "system";
}

/** Kinds that their owners and staff can delete; the others belong to people who are not asked. */
export function isDeletable(kind: ConversationKind): boolean {
  return kind === "group" || kind === "channel" || kind === "project" || kind === "support";
}

/** What a conversation's kind asks of its fields beyond what their schemas say. Paths start with `body`. */
export function checkCreation(input: CreateConversation): FieldError[] {
  const { kind } = input;
  const errors = checkFields(kind, input);
  const add = (field: string, message: string): void => void errors.push({ path: `body.${field}`, message });
  if (kind === "group" && input.title == null) add("title", "A group needs a title");
  if (kind === "channel" && input.title == null && input.slug == null)
    add("title", "A channel needs a title or a slug");
  if (kind === "project" && input.title == null && input.external_ref == null)
    add("title", "A project needs a title or an external_ref");
  if (kind !== "channel" && input.space_id != null) add("space_id", "Only channels are in spaces");
  if (existsOnce(kind) && kind !== "direct" && input.member_ids.length > 1)
    add("member_ids", `A ${kind} conversation is for one person`);
  if (input.initial_message?.parent_id != null)
    add("initial_message.parent_id", "The first message has nothing to reply to");
  return errors;
}

/** What a conversation must still be like after an update. */
export function checkUpdate(present: UpdatableFacts, patch: UpdateConversation): FieldError[] {
  const { kind } = present;
  const errors = checkFields(kind, patch);
  const add = (field: string, message: string): void => void errors.push({ path: `body.${field}`, message });
  const title = patch.title === undefined ? present.title : patch.title;
  const slug = patch.slug === undefined ? present.slug : patch.slug;
  if (kind === "group" && title === null) add("title", "A group needs a title");
  if (kind === "channel" && title === null && slug === null) add("title", "A channel needs a title or a slug");
  const externalRef = patch.external_ref === undefined ? present.externalRef : patch.external_ref;
  if (kind === "project" && title === null && externalRef === null)
    add("title", "A project needs a title or an external_ref");
  // What is encrypted end to end cannot be opened by the service, and what was readable cannot be made unread.
  if (
    patch.visibility &&
    patch.visibility !== present.visibility &&
    [patch.visibility, present.visibility].includes("confidential")
  ) {
    add("visibility", "Whether a channel is confidential is decided when it is created");
  }
  return errors;
}

export interface UpdatableFacts {
  readonly kind: ConversationKind;
  readonly title: string | null;
  readonly slug: string | null;
  readonly externalRef: string | null;
  readonly visibility: Visibility;
}

type Fields = Pick<UpdateConversation, "title" | "description" | "slug" | "visibility" | "settings" | "external_ref">;

function checkFields(kind: ConversationKind, input: Fields): FieldError[] {
  const errors: FieldError[] = [];
  const add = (field: string, message: string): void => void errors.push({ path: `body.${field}`, message });
  if (kind !== "channel" && input.slug != null) add("slug", "Only channels have a slug");
  if (kind !== "channel" && input.visibility !== undefined && input.visibility !== "private") {
    add("visibility", "Only channels can be other than private");
  }
  if (kind === "direct" && input.title != null)
    add("title", "A direct conversation has no title: it is named after the other one");
  if (kind === "direct" && input.settings !== undefined) add("settings", "A direct conversation has no settings");
  if (kind === "direct" && input.description) add("description", "A direct conversation has no description");
  if (kind === "direct" && input.external_ref != null)
    add("external_ref", "A direct conversation has no external reference");
  return errors;
}

export interface FirstMember {
  readonly userId: UserId;
  readonly role: Role;
  readonly permissions: PermissionOverrides;
  readonly rights: number;
}

/**
 * Who is in a new conversation as what; guests of a space are guests in its channels. `owner` is whoever makes a group, channel or project; null where the host's backend does,
 * which needs no membership to govern it. Nobody owns a direct, support or system conversation.
 */
export function firstMembers(
  kind: ConversationKind,
  owner: UserId | null,
  others: readonly UserId[],
  isGuest: (userId: UserId) => boolean = () => false,
): FirstMember[] {
  // The system's notices are only read; the commit refuses the rest, and this says so.
  const permissions: PermissionOverrides = kind === "system" ? { send_messages: false } : {};
  const member = (userId: UserId, role: Role): FirstMember => ({
    userId,
    role,
    permissions,
    rights: rightsOf(role, permissions),
  });
  const members = others.map((userId) => member(userId, isGuest(userId) ? "guest" : "member"));
  return owner === null ? members : [member(owner, "owner"), ...members];
}
