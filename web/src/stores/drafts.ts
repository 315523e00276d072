import { ParleyError } from "@parley/client";
import { useStorage } from "@vueuse/core";
import { defineStore } from "pinia";
import { useMyId, useParley } from "../composables/use-parley.ts";

interface Kept {
  readonly text: string;
  /** When it was written here, in milliseconds. */
  readonly at: number;
}

/** After this long without a keystroke, other devices may see it too. */
const QUIET_MS = 1_500;

/**
 * What was begun and not sent, by place: a conversation's id, or `thread <root id>`. It is on this device at once, and
 * that of a conversation soon with the service, so that another device can go on with it. The later one counts.
 */
export const useDraftsStore = defineStore("drafts", () => {
  const { api } = useParley();
  const kept = useStorage<Record<string, Kept>>(`parley drafts ${useMyId()}`, {});
  const telling = new Map<string, ReturnType<typeof setTimeout>>();
  /** What the service has, as far as that is known. */
  const told = new Map<string, string>();

  const text = (place: string): string => kept.value[place]?.text ?? "";
  const isConversation = (place: string): boolean => !place.startsWith("thread ");

  function keep(place: string, next: Kept): void {
    const { [place]: _, ...others } = kept.value;
    kept.value = next.text.trim() === "" ? others : { ...others, [place]: next };
  }

  function set(place: string, next: string): void {
    if (text(place) === next) return;
    keep(place, { text: next, at: Date.now() });
    if (!isConversation(place)) return;
    clearTimeout(telling.get(place));
    telling.set(
      place,
      setTimeout(() => void tell(place).catch(() => undefined), next === "" ? 0 : QUIET_MS),
    );
  }

  /** What cannot be told stays on this device, and is told with the next keystroke. */
  async function tell(place: string): Promise<void> {
    telling.delete(place);
    const content = text(place).trim() === "" ? "" : text(place);
    if ((told.get(place) ?? "") === content) return;
    told.set(place, content);
    try {
      if (content === "") await api.deleteDraft({ conversation_id: place });
      else await api.putDraft({ conversation_id: place, content });
    } catch (error) {
      told.delete(place);
      throw error;
    }
  }

  /** Looks whether one went on with it on another device. */
  async function pull(place: string): Promise<void> {
    if (!isConversation(place) || telling.has(place)) return;
    try {
      const { content, updated_at: at } = await api.getDraft({ conversation_id: place });
      told.set(place, content);
      const isLater = Date.parse(at) > (kept.value[place]?.at ?? 0);
      if (isLater && !telling.has(place)) keep(place, { text: content, at: Date.parse(at) });
    } catch (error) {
      if (!(error instanceof ParleyError)) throw error;
      // There is none, or no connection: what is here stays.
    }
  }

  return { text, set, pull };
});
