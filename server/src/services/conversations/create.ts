import { ParleyError, type Conversation, type CreateConversation, type InitialMessage } from "@parley/protocol";
import type { Caller } from "../../domain/caller.ts";
import { checkCreation, existsOnce } from "../../domain/conversations.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import { findConversation } from "../../store/conversations.ts";
import { findFirstMessage } from "../../store/conversations-create.ts";
import type { SendService } from "../messages/send.ts";
import { refuse } from "../refuse.ts";
import { createShared } from "./creation.ts";
import { directWith, requireNoAgent, supportOf, systemOf, type FoundOrMade, type OnceDeps } from "./once.ts";
import type { ConversationPresenter } from "./present-conversations.ts";
import { deleteForAll } from "./remove.ts";

export interface CreateDeps extends OnceDeps {
  readonly presenter: ConversationPresenter;
  readonly send: SendService;
}

export interface CreateResult {
  readonly conversation: Conversation;
  /** False where it was there already. */
  readonly created: boolean;
}

/**
 * Makes a conversation of any kind, or finds the one that exists once (direct, support, system), and sends `initial_message` into it.
 *
 * With an `id` in `initial_message` it is safe to ask again: a group, channel or project that the caller made with this very message
 * is found by it. A conversation whose first message is refused is not left behind.
 *
 * Throws `validation_failed`, `permission_denied`, `contact_refused`, `not_found` (space), `conflict` (slug, message id), and whatever
 * sending throws.
 */
export async function create(deps: CreateDeps, caller: Caller, input: CreateConversation): Promise<CreateResult> {
  refuse(checkCreation(input));
  const { initial_message: first } = input;
  const { id, created } = existsOnce(input.kind) ? await once(deps, caller, input) : await anew(deps, caller, input);
  if (first) await sendFirst(deps, caller, { id, created, kind: input.kind }, first);
  const row = await findConversation(deps.db, id);
  const [conversation] = row ? await deps.presenter.present([row], caller) : [];
  if (!conversation) throw new Error(`conversation ${id} was just made and is not there`);
  return { conversation, created };
}

function once(deps: CreateDeps, caller: Caller, input: CreateConversation): Promise<FoundOrMade> {
  const { kind, member_ids, initial_message: _, ...given } = input;
  const [person] = member_ids as UserId[];
  if (kind === "support") return supportOf(deps, caller, person, given);
  if (kind === "system") return systemOf(deps, caller, person, given);
  // The schema has seen to it that there is one.
  return directWith(deps, caller, person as UserId);
}

async function anew(deps: CreateDeps, caller: Caller, input: CreateConversation): Promise<FoundOrMade> {
  requireNoAgent(caller);
  const made =
    input.initial_message?.id === undefined
      ? undefined
      : await madeBefore(deps, caller, input, input.initial_message.id);
  return made ? { id: made, created: false } : { id: await createShared(deps, caller, input), created: true };
}

/** The conversation that an earlier try of the same request has made. Whether the message is the same, sending it again tells. */
async function madeBefore(
  deps: CreateDeps,
  caller: Caller,
  input: CreateConversation,
  messageId: string,
): Promise<ConversationId | undefined> {
  const message = await findFirstMessage(deps.db, messageId);
  if (!message) return undefined;
  const isOwn = message.senderId === caller.userId && message.createdBy === caller.userId;
  if (isOwn && message.ordinal === 1 && message.kind === input.kind && !message.deleted) return message.conversationId;
  throw new ParleyError("conflict", {
    detail: "The id of the first message names another message. Send with a new id.",
  });
}

async function sendFirst(
  deps: CreateDeps,
  caller: Caller,
  made: FoundOrMade & { readonly kind: CreateConversation["kind"] },
  message: InitialMessage,
): Promise<void> {
  try {
    await deps.send(caller, made.id, message);
  } catch (error) {
    // Overloaded may mean that it was committed after all; then everything stays, and asking again finds it.
    const isRefused = error instanceof ParleyError && error.code !== "overloaded";
    if (isRefused && made.created && !existsOnce(made.kind)) await deleteForAll(deps.committer, caller, made.id);
    throw error;
  }
}
