import type { ServerEvent } from "@parley/protocol";

/** Changes are owed to every receiver; marks and signals may be left out for one who is behind. */
export type FrameKind = "change" | "mark" | "signal";

/** An event as it goes over the wire: encoded once, whoever receives it. */
export class Frame {
  readonly kind: FrameKind;
  readonly type: ServerEvent["type"];
  /** The event as JSON. */
  readonly text: string;
  /** What the socket adapter makes of the text, kept with it so that it is made once for all sockets. */
  encoded: Buffer | undefined;

  constructor(kind: FrameKind, event: ServerEvent) {
    this.kind = kind;
    this.type = event.type;
    this.text = JSON.stringify(event);
    this.encoded = undefined;
  }
}
