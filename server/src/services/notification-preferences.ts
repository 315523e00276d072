import type { NotificationPreferences, SetNotificationPreferences } from "@parley/protocol";
import type { Caller } from "../domain/caller.ts";
import type { ConversationId } from "../domain/ids.ts";
import type { Reader, Transactor, Writer } from "../store/database.ts";
import {
  listNotificationPreferences,
  setNotificationPreferences,
  type NotificationPreferenceRow,
} from "../store/notification-preferences.ts";
import { accessTo } from "./access.ts";
import { requirePerson } from "./people.ts";

export type NotificationPreferencesService = ReturnType<typeof createNotificationPreferences>;

export function createNotificationPreferences(deps: { readonly db: Reader & Transactor }) {
  const { db } = deps;
  return {
    /**
     * What the caller has set. Everything else is on for `in_app`; but in conversations of more than 50 members `group_messages` is off
     * until it is turned on for that conversation.
     */
    async get(caller: Caller): Promise<NotificationPreferences> {
      return toPreferences(await listNotificationPreferences(db, caller.userId));
    },

    /**
     * Sets those given, of which the last one about the same counts, and answers with all. What is set for a conversation goes before
     * what is set for everywhere. Throws `not_found` for a conversation that the caller cannot see, `permission_denied` for the
     * host's backend in its own name.
     */
    async set(caller: Caller, { preferences }: SetNotificationPreferences): Promise<NotificationPreferences> {
      requirePerson(caller);
      return await db.transaction(async (tx) => {
        await requireConversations(tx, caller, preferences);
        const byKey = new Map(
          preferences.map((preference) => [
            `${preference.conversation_id} ${preference.type} ${preference.channel}`,
            preference,
          ]),
        );
        await setNotificationPreferences(
          tx,
          caller.userId,
          [...byKey.values()].map(({ conversation_id, type, channel, enabled }) => ({
            conversationId: conversation_id as ConversationId | null,
            type,
            channel,
            enabled,
          })),
        );
        return toPreferences(await listNotificationPreferences(tx, caller.userId));
      });
    },
  };
}

async function requireConversations(
  tx: Writer,
  caller: Caller,
  preferences: SetNotificationPreferences["preferences"],
): Promise<void> {
  const ids = new Set(preferences.flatMap((preference) => preference.conversation_id ?? []));
  for (const id of ids) await accessTo(tx, caller, id as ConversationId);
}

function toPreferences(rows: readonly NotificationPreferenceRow[]): NotificationPreferences {
  return {
    preferences: rows.map(({ conversationId, type, channel, enabled }) => ({
      conversation_id: conversationId,
      type,
      channel,
      enabled,
    })),
  };
}
