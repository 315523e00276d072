import type { Clock } from "./clock.ts";
import type { Connection } from "./connection.ts";
import type { Replica } from "./store/replica.ts";

/** Only the highest counts, so it is told now and then. */
const EVERY_MS = 500;

export interface DeliveryDeps {
  readonly clock: Clock;
  readonly connection: () => Connection;
  readonly isWanted: boolean;
  readonly replica: (id: string) => Replica | undefined;
}

/** Tells the service what has reached this device. */
export function createDelivery({ clock, connection, isWanted, replica }: DeliveryDeps) {
  const waiting = new Map<string, number>();
  const told = new Map<string, number>();
  let cancel: (() => void) | undefined;

  function tell(): void {
    cancel = undefined;
    for (const [id, seq] of waiting) {
      const conversation = replica(id)?.cell.value.conversation;
      // Who only follows a channel has no marks there.
      if (!conversation || conversation.unread_count === null) continue;
      told.set(id, seq);
      connection()
        .request("mark_delivered", { conversation_id: id, seq })
        .catch(() => told.delete(id));
    }
    waiting.clear();
  }

  return {
    held(id: string, seq: number): void {
      if (!isWanted || seq <= Math.max(waiting.get(id) ?? 0, told.get(id) ?? 0)) return;
      waiting.set(id, seq);
      cancel ??= clock.after(EVERY_MS, tell);
    },
    close: (): void => cancel?.(),
  };
}
