import type { Bus, BusMessage } from "./bus.ts";

export interface LocalBus {
  /** Another node of this process. */
  join(): Bus;
}

/** The bus inside one process: for a node alone, or several in a test. Delivers later, in order, as a real one would. */
export function createLocalBus(): LocalBus {
  const handlers = new Map<Bus, (message: BusMessage) => void>();
  return {
    join() {
      const bus: Bus = {
        get hasPeers() {
          return handlers.size > (handlers.has(bus) ? 1 : 0);
        },
        publish(message) {
          if (!bus.hasPeers) return;
          setImmediate(() => {
            for (const [other, handler] of handlers) if (other !== bus) handler(message);
          });
        },
        subscribe(handler) {
          handlers.set(bus, handler);
        },
        [Symbol.asyncDispose]() {
          handlers.delete(bus);
          return Promise.resolve();
        },
      };
      return bus;
    },
  };
}
