import WebSocket from "ws";
import { connect, createMemoryStorage, type ConnectOptions, type OutboxStorage, type Parley } from "../../src/mod.ts";
import type { WakeSource } from "../../src/internal.ts";

/** A device with a network that can be cut, and a program on it that can be loaded anew. */
export interface Device {
  readonly parley: Parley;
  /** Cuts what is open, and refuses everything until `plugIn`. */
  unplug(): void;
  plugIn(): void;
  /** Breaks the connections there are; new ones are fine. */
  cut(): void;
  /** The program ends as it is, and starts again. What it kept is still there. */
  reload(): Parley;
  close(): void;
}

export interface DeviceOptions extends Partial<ConnectOptions> {
  readonly url: string;
  readonly storage?: OutboxStorage;
}

export function startDevice(options: DeviceOptions): Device {
  const sockets = new Set<WebSocket>();
  const storage = options.storage ?? createMemoryStorage();
  let isPlugged = true;
  let wakeUp = (): void => undefined;

  class CuttableSocket extends WebSocket {
    constructor(url: string) {
      super(isPlugged ? url : "ws://127.0.0.1:1");
      sockets.add(this);
      this.on("close", () => sockets.delete(this));
      this.on("error", () => undefined);
    }
  }
  const cuttableFetch: typeof fetch = async (...args) => {
    if (!isPlugged) throw new TypeError("the network is unplugged");
    const response = await fetch(...args);
    if (!isPlugged) throw new TypeError("the network was unplugged");
    return response;
  };
  const wake: WakeSource = (callback) => {
    wakeUp = callback;
    return () => undefined;
  };
  const start = (): Parley => connect({ wake, fetch: cuttableFetch, WebSocket: CuttableSocket, ...options, storage });
  const cut = (): void => {
    for (const socket of sockets) socket.terminate();
  };
  let parley = start();

  return {
    get parley() {
      return parley;
    },
    unplug() {
      isPlugged = false;
      cut();
    },
    plugIn() {
      isPlugged = true;
      wakeUp();
    },
    cut,
    reload() {
      parley.close();
      cut();
      parley = start();
      return parley;
    },
    close() {
      parley.close();
      cut();
    },
  };
}
