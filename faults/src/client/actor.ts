import { v7 as uuidv7 } from "uuid";
import type { Register, SendFact } from "../checker/facts.ts";
import type { Random } from "../random.ts";
import type { Client } from "./client.ts";
import { isFinal, type Http } from "./http.ts";
import type { Journal } from "./journal.ts";
import type { Ledger } from "./ledger.ts";

/** Where a scene plays: conversations, of which the first client owns each. */
export interface Scene {
  readonly conversationIds: readonly string[];
  readonly ledger: Ledger;
}

export interface ActorDeps {
  readonly client: Client;
  readonly http: Http;
  readonly random: Random;
  readonly journal: Journal;
  readonly scene: () => Scene;
  /** Users who come and go, for the owner; empty for everyone else. */
  readonly others: readonly string[];
}

const MAX_UNANSWERED = 24;
const REACTIONS = ["👍", "🎉", "❤️"];
const LONG_TEXT = "All work and no play makes a dull message. ".repeat(180);
/** As much as a message can hold, in bytes. */
const LONGEST_TEXT = "🌊".repeat(9_800);

type Deed =
  | "edit"
  | "delete"
  | "react"
  | "unreact"
  | "pin"
  | "unpin"
  | "read"
  | "add"
  | "remove"
  | "leave"
  | "title"
  | "delivered";
const DEEDS: readonly Deed[] = [
  ...(["edit", "edit", "edit", "react", "react", "react", "react", "unreact", "delete", "pin", "unpin"] as const),
  ...(["read", "read", "read", "delivered", "add", "add", "remove", "leave", "title"] as const),
];

/** Does at random what people do, for as long as it is on. */
export class Actor {
  readonly #deps: ActorDeps;
  #isOn = false;
  #loops: Promise<void>[] = [];
  #count = 0;

  constructor(deps: ActorDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#isOn = true;
    this.#loops = [this.#send(), this.#meddle()];
  }

  /** Ends when everything that was asked is answered or given up; what is in the outbox goes on. */
  async stop(): Promise<void> {
    this.#isOn = false;
    await Promise.all(this.#loops);
  }

  /** Sends so many of the longest messages at once, fewer where the ones before are not answered yet; answers how many. */
  flood(count: number): number {
    const most = Math.max(0, Math.min(count, MAX_UNANSWERED - this.#deps.client.unanswered));
    for (let left = most; left > 0; left -= 1) this.#sendOne(LONGEST_TEXT);
    return most;
  }

  async #send(): Promise<void> {
    const { client, random } = this.#deps;
    while (this.#isOn) {
      await pause(random.between(4, 24));
      if (client.unanswered < MAX_UNANSWERED) this.#sendOne(random.chance(0.03) ? LONG_TEXT : undefined);
    }
  }

  #sendOne(more?: string): void {
    const { client, random, journal } = this.#deps;
    const { conversationIds, ledger } = this.#deps.scene();
    const id = uuidv7();
    const conversationId = random.pick(conversationIds);
    const content = `${client.name} ${(this.#count += 1)} ${id}${more === undefined ? "" : ` ${more}`}`;
    const isScheduled = random.chance(0.02);
    const parent = random.chance(0.1) ? pickOne(sentIn(ledger, conversationId), random) : undefined;
    const body = {
      id,
      conversation_id: conversationId,
      content,
      ...(parent && !isScheduled ? { parent_id: parent.id } : {}),
      ...(isScheduled ? { send_at: new Date(Date.now() + random.between(300, 1_500)).toISOString() } : {}),
    };
    journal.note({ who: client.name, text: isScheduled ? "schedules" : "sends", conversationId, subject: id });
    client.send({ id, client: client.name, conversationId, content, isScheduled, outcome: "unknown" }, body);
  }

  async #meddle(): Promise<void> {
    const { random } = this.#deps;
    while (this.#isOn) {
      await pause(random.between(5, 40));
      if (this.#isOn) await this.#do(random.pick(DEEDS));
    }
  }

  async #do(deed: Deed): Promise<void> {
    const { client, random, others } = this.#deps;
    const { conversationIds, ledger } = this.#deps.scene();
    const conversationId = random.pick(conversationIds);
    const sent = sentIn(ledger, conversationId);
    const any = pickOne(sent, random);
    const own = pickOne(
      sent.filter((fact) => fact.client === client.name),
      random,
    );
    const isOwner = others.length > 0;
    switch (deed) {
      case "edit":
        if (own) await this.#edit(own);
        return;
      case "delete":
        if (own)
          await this.#set(ledger.register("deleted", own), "true", () => client.ask("delete_message", placeOf(own)));
        return;
      case "react":
      case "unreact":
        if (any) await this.#react(any, deed === "react");
        return;
      case "pin":
      case "unpin":
        // One client alone, so that it is known which is the last.
        if (any && isOwner) await this.#pin(any, deed === "pin");
        return;
      case "read":
        await this.#read(conversationId, any);
        return;
      case "delivered":
        await client.ask("mark_delivered", { conversation_id: conversationId });
        return;
      case "title":
        if (isOwner)
          await this.#http("PATCH", `/v1/conversations/${conversationId}`, { title: `Title ${random.between(1, 99)}` });
        return;
      case "add":
        if (isOwner)
          await this.#http("POST", `/v1/conversations/${conversationId}/members`, { user_id: random.pick(others) });
        return;
      case "remove":
        if (isOwner && random.chance(0.4))
          await this.#http("DELETE", `/v1/conversations/${conversationId}/members/${random.pick(others)}`);
        return;
      case "leave":
        if (!isOwner && random.chance(0.3)) await this.#http("POST", `/v1/conversations/${conversationId}/leave`, {});
    }
  }

  async #edit(own: SendFact): Promise<void> {
    const content = `${this.#deps.client.name} edit ${(this.#count += 1)} of ${own.id}`;
    const register = this.#deps.scene().ledger.register("content", own);
    await this.#set(register, content, () => this.#deps.client.ask("edit_message", { ...placeOf(own), content }));
  }

  async #react(message: SendFact, isAdding: boolean): Promise<void> {
    const { client, random, scene } = this.#deps;
    const reaction = random.pick(REACTIONS);
    const register = scene().ledger.register("reaction", message, { userId: client.userId, reaction });
    const command = isAdding ? "add_reaction" : "remove_reaction";
    await this.#set(register, String(isAdding), () => client.ask(command, { ...placeOf(message), reaction }));
  }

  async #pin(message: SendFact, isPinning: boolean): Promise<void> {
    const { http, scene } = this.#deps;
    const register = scene().ledger.register("pinned", message);
    const path = `/v1/conversations/${message.conversationId}/pins/${message.id}`;
    await this.#set(register, String(isPinning), () => http(isPinning ? "PUT" : "DELETE", path));
  }

  async #read(conversationId: string, message: SendFact | undefined): Promise<void> {
    const { client, scene } = this.#deps;
    const upTo = message?.seq === undefined ? {} : { seq: message.seq };
    const answer = await client.ask("mark_read", { conversation_id: conversationId, ...upTo });
    if (answer.kind === "ok")
      scene().ledger.readAcked(client.name, conversationId, Number(answer.frame.data["last_read_seq"]));
  }

  /** Changes a register: until it is answered, and for ever when it is not, the value may be the new one. */
  async #set(register: Register, value: string, work: () => Promise<{ kind: string; code?: string }>): Promise<void> {
    const { journal, client } = this.#deps;
    const wasUnknown = register.unknown.has(value);
    register.unknown.add(value);
    const answer = await work();
    const isAcked = answer.kind === "ok";
    if (isAcked) register.acked = value;
    const isSettled = isAcked || (answer.kind === "error" && isFinal(answer.code ?? ""));
    if (isSettled && !wasUnknown) register.unknown.delete(value);
    const { conversationId, messageId, what } = register;
    const outcome = isAcked ? "acknowledged" : (answer.code ?? "not answered");
    journal.note({
      who: client.name,
      text: `${what} = ${value.slice(0, 60)}: ${outcome}`,
      conversationId,
      subject: messageId,
    });
  }

  async #http(method: string, path: string, body?: unknown): Promise<void> {
    const { http, journal, client } = this.#deps;
    const result = await http(method, path, body);
    const outcome = result.kind === "error" ? result.code : result.kind;
    journal.note({
      who: client.name,
      text: `${method} ${path.replace(/^\/v1\/conversations\/[^/]+/, "…")}: ${outcome}`,
      conversationId: path.split("/")[3],
    });
  }
}

/** What may be edited, reacted to, answered: messages that are there for certain. */
function sentIn(ledger: Ledger, conversationId: string): SendFact[] {
  return [...ledger.sends.values()]
    .filter((fact) => fact.conversationId === conversationId && fact.outcome === "acked" && !fact.isScheduled)
    .slice(-200);
}

function pickOne<T>(items: readonly T[], random: Random): T | undefined {
  return items.length === 0 ? undefined : random.pick(items);
}

function placeOf({ conversationId, id }: SendFact): { conversation_id: string; message_id: string } {
  return { conversation_id: conversationId, message_id: id };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
