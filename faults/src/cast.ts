import { Actor, type Scene } from "./client/actor.ts";
import { Client } from "./client/client.ts";
import { createHttp, type Http } from "./client/http.ts";
import type { Journal } from "./client/journal.ts";
import { Ledger } from "./client/ledger.ts";
import type { Random } from "./random.ts";
import type { Stand } from "./stand/stand.ts";

const NAMES = ["ada", "grace", "edsger", "barbara", "alan"];
const HTTP_TIMEOUT_MS = 4_000;
const PATIENT_TIMEOUT_MS = 15_000;

/** The people of a run; the first of them owns every conversation. */
export interface Cast {
  readonly clients: readonly Client[];
  readonly actors: readonly Actor[];
  /** Past all faults, by the client's name. */
  direct(name: string): Http;
  readonly scenes: readonly PlayedScene[];
  readonly scene: PlayedScene;
  /** New conversations and a new ledger; the former ones are not touched any more. */
  changeScene(): Promise<void>;
}

export interface PlayedScene extends Scene {
  readonly founders: ReadonlyMap<string, ReadonlySet<string>>;
}

export async function castClients(stand: Stand, random: Random, journal: Journal): Promise<Cast> {
  const scenes: PlayedScene[] = [];
  const present = (): PlayedScene => {
    const scene = scenes.at(-1);
    if (!scene) throw new Error("there is no scene yet");
    return scene;
  };
  const people = await Promise.all(
    NAMES.map(async (name) => {
      const token = await stand.tokenOf(name);
      const direct = createHttp({ url: () => stand.directUrl, token, timeoutMs: PATIENT_TIMEOUT_MS });
      const me = await direct<{ id: string }>("PATCH", "/v1/users/me", { contact_policy: "everyone" });
      if (me.kind !== "ok") throw new Error(`${name} cannot enter: ${JSON.stringify(me)}`);
      return { name, token, direct, userId: me.body.id };
    }),
  );
  const [owner] = people;
  if (!owner) throw new Error("there is nobody");
  const others = people.slice(1).map(({ userId }) => userId);

  async function changeScene(): Promise<void> {
    journal.forget();
    const conversationIds: string[] = [];
    for (const settings of [{}, {}, { history_visibility: "member_join_date" }]) {
      const body = {
        kind: "group",
        title: `Group ${scenes.length}.${conversationIds.length}`,
        member_ids: others,
        settings,
      };
      const made = await owner?.direct<{ id: string }>("POST", "/v1/conversations", body);
      if (made?.kind !== "ok") throw new Error(`a conversation cannot be made: ${JSON.stringify(made)}`);
      conversationIds.push(made.body.id);
    }
    const all = new Set(people.map(({ userId }) => userId));
    scenes.push({ conversationIds, ledger: new Ledger(), founders: new Map(conversationIds.map((id) => [id, all])) });
  }

  await changeScene();
  const clients: Client[] = [];
  const actors: Actor[] = [];
  for (const { name, token, userId } of people) {
    const http = createHttp({ url: () => stand.clientUrl, token, timeoutMs: HTTP_TIMEOUT_MS });
    const own = random.fork(name);
    const client = new Client({
      name,
      userId,
      token,
      url: () => stand.clientUrl,
      http,
      journal,
      ledger: () => present().ledger,
      jitter: () => own.next(),
    });
    clients.push(client);
    actors.push(
      new Actor({
        client,
        http,
        random: own.fork("acts"),
        journal,
        scene: present,
        others: userId === owner.userId ? others : [],
      }),
    );
  }
  return {
    clients,
    actors,
    direct(name) {
      const person = people.find((each) => each.name === name);
      if (!person) throw new Error(`nobody is called ${name}`);
      return person.direct;
    },
    scenes,
    get scene() {
      return present();
    },
    changeScene,
  };
}
