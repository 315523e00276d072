import * as z from "zod";
import { idParams, uuid } from "../primitives.ts";

const { conversation_id, message_id, user_id, space_id, agent_id, token_id } = idParams;

export const conversationParams = z.object({ conversation_id });
export const conversationUserParams = z.object({ conversation_id, user_id });
export const conversationMessageParams = z.object({ conversation_id, message_id });
export const messageParams = z.object({ message_id });
export const userParams = z.object({ user_id });
export const spaceParams = z.object({ space_id });
export const spaceUserParams = z.object({ space_id, user_id });
export const agentParams = z.object({ agent_id });
export const agentTokenParams = z.object({ agent_id, token_id });
export const agentConversationParams = z.object({ agent_id, conversation_id });
export const scheduledMessageParams = z.object({ scheduled_message_id: uuid });
