import type { MethodInput } from "./api.ts";
import type { MethodId } from "./api-table.ts";
import { createTopic, type Topic } from "./observable.ts";

const OWN_METHODS = [
  "archiveConversation",
  "updateOwnMembership",
  "deleteConversation",
  "putDraft",
  "deleteDraft",
  "saveMessage",
  "unsaveMessage",
  "updateScheduledMessage",
  "deleteScheduledMessage",
  "readNotifications",
  "setNotificationPreferences",
  "updateMe",
  "blockUser",
  "unblockUser",
  "befriendUser",
  "unfriendUser",
  "setConsents",
] as const satisfies readonly MethodId[];
type OwnMethod = (typeof OWN_METHODS)[number];

/** Something that was set for oneself alone: by which method of the API, and with what. `sendMessage`: it was scheduled. */
export type OwnChange =
  | { readonly [Id in OwnMethod]: { readonly method: Id; readonly input: MethodInput<Id> } }[OwnMethod]
  | {
      readonly method: "sendMessage";
      readonly input: Partial<Readonly<Record<"conversation_id" | "recipient_id", string>>>;
    };

export interface OwnChanges extends Pick<Topic<OwnChange>, "subscribe"> {
  /** Tells it here and in the other tabs, if it is one. */
  note(method: MethodId, input: unknown): void;
  close(): void;
}

/** What concerns oneself alone takes no version, and the service tells nobody of it. So tabs tell each other. */
export function createOwnChanges(name: Promise<string>): OwnChanges {
  const topic = createTopic<OwnChange>();
  let channel: BroadcastChannel | undefined;
  let isClosed = false;

  void name.then((known) => {
    if (isClosed || typeof BroadcastChannel === "undefined") return;
    channel = new BroadcastChannel(known);
    channel.addEventListener("message", ({ data }) => topic.tell(data as OwnChange));
    // In Node it would keep the program running.
    (channel as { unref?: () => void }).unref?.();
  });

  return {
    subscribe: topic.subscribe,
    note(method, input) {
      if (method !== "sendMessage" && !(OWN_METHODS as readonly MethodId[]).includes(method)) return;
      const change = { method, input } as OwnChange;
      topic.tell(change);
      // A window's postMessage takes an origin; a channel has but one.
      // oxlint-disable-next-line unicorn/require-post-message-target-origin
      channel?.postMessage(change);
    },
    close() {
      isClosed = true;
      channel?.close();
      channel = undefined;
    },
  };
}
