import type { Register, Replayed, SendFact, Sighting } from "../checker/facts.ts";

/** What the clients of a scene write down for the checker. */
export class Ledger {
  readonly sends = new Map<string, SendFact>();
  readonly registers = new Map<string, Register>();
  readonly sightings: Sighting[] = [];
  readonly replayed: Replayed[] = [];
  readonly #ackedReads = new Map<string, number>();

  readAcked(client: string, conversationId: string, seq: number): void {
    const key = `${client} ${conversationId}`;
    this.#ackedReads.set(key, Math.max(seq, this.#ackedReads.get(key) ?? 0));
  }

  ackedRead(client: string, conversationId: string): number {
    return this.#ackedReads.get(`${client} ${conversationId}`) ?? 0;
  }

  /** The register of this thing; a new one has the value that the message was sent with. */
  register(what: Register["what"], send: SendFact, detail?: NonNullable<Register["detail"]>): Register {
    const key = `${what} ${send.id} ${detail?.reaction ?? ""} ${detail?.userId ?? ""}`;
    const found = this.registers.get(key);
    if (found) return found;
    const acked = what === "content" ? send.content : "false";
    const { conversationId, id: messageId } = send;
    const register: Register = {
      conversationId,
      messageId,
      what,
      acked,
      unknown: new Set(),
      ...(detail ? { detail } : {}),
    };
    this.registers.set(key, register);
    return register;
  }
}
