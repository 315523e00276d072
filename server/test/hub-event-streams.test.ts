import { changeEvent, serverEvent, type Presence, type Problem, type ServerEvent } from "@parley/protocol";
import { afterEach, expect, test } from "vitest";
import { tokenFor } from "./harness/http.ts";
import type { Person } from "./harness/live-node.ts";
import { useLiveNodes } from "./harness/live-nodes.ts";
import { until } from "./harness/until.ts";

const { start } = useLiveNodes();
const streams: EventStream[] = [];

// Before their node is looked at: what is asked for last comes first.
afterEach(() => {
  for (const stream of streams.splice(0)) stream.end();
});

interface EventStream {
  readonly response: Response;
  /** What came, as text. */
  text(): string;
  events(): ServerEvent[];
  isOver(): boolean;
  /** Reads no more, or goes on. */
  end(): void;
}

/** Follows `GET /v1/events` as a browser would. */
async function follow(url: string, token: string, { isReading = true } = {}): Promise<EventStream> {
  const aborting = new AbortController();
  const response = await fetch(`${url}/v1/events`, {
    headers: { authorization: `Bearer ${token}` },
    signal: aborting.signal,
  });
  let text = "";
  let isOver = false;
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const bytes of response.body ?? []) text += decoder.decode(bytes, { stream: true });
  };
  if (isReading) {
    void read()
      .catch(() => undefined)
      .finally(() => (isOver = true));
  }
  const stream: EventStream = {
    response,
    text: () => text,
    events: () =>
      text
        .split("\n\n")
        .filter((block) => block.startsWith("event: "))
        .map((block) => {
          const [type, data] = block.split("\n");
          const event = serverEvent.parse(JSON.parse(data?.slice("data: ".length) ?? ""));
          expect(type).toBe(`event: ${event.type}`);
          return event;
        }),
    isOver: () => isOver,
    end: () => aborting.abort(),
  };
  streams.push(stream);
  return stream;
}

test("a stream brings the socket's events, from the moment in which its headers are there", async () => {
  const live = await start();
  const [ada, bob] = [await live.person(), await live.person()];
  const id = await live.make(ada, { kind: "group", title: "Streamed", member_ids: [bob.caller.userId] });
  const stream = await follow(live.url, bob.token);
  expect(stream.response.status).toBe(200);
  expect(stream.response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  expect(stream.response.headers.get("x-content-type-options")).toBe("nosniff");
  const { seq } = await live.say(ada, id, "line one\nline two");
  await live.typing.setTyping(ada.caller, id, true);
  await until(() => stream.events().length === 2);
  const [created, typing] = stream.events();
  expect(changeEvent.parse(created)).toMatchObject({
    type: "message.created",
    version: seq,
    data: { content: "line one\nline two" },
  });
  expect(typing).toMatchObject({ type: "typing.start", user_id: ada.caller.userId });
});

test("a browser may give the token in the query, and without one it is 401", async () => {
  const live = await start();
  const { token } = await live.person();
  const aborting = new AbortController();
  const response = await fetch(`${live.url}/v1/events?token=${token}`, { signal: aborting.signal });
  expect(response.status).toBe(200);
  aborting.abort();
  const refused = await fetch(`${live.url}/v1/events`);
  expect(refused.status).toBe(401);
});

test("a stream shows that it lives, and ends with its token", async () => {
  let passed = 0;
  const live = await start({ now: () => Date.now() + passed, events: { sweepMs: 5 } });
  const stream = await follow(live.url, await tokenFor("ada", { exp: Math.floor(Date.now() / 1_000) + 60 }));
  passed = 20_000;
  await until(() => stream.text().includes(": still here"));
  expect(stream.isOver()).toBe(false);
  passed = 70_000;
  await until(stream.isOver);
});

test("who is locked out, and who comes too often, gets no more of it", async () => {
  const live = await start({ hub: { sessionsPerUser: 2 } });
  const ada = await live.person();
  const [one] = [await follow(live.url, ada.token), await follow(live.url, ada.token)];
  const third = await fetch(`${live.url}/v1/events`, { headers: { authorization: `Bearer ${ada.token}` } });
  expect(third.status).toBe(429);
  expect(third.headers.get("retry-after")).toBe("5");
  expect((await third.json()) as Problem).toMatchObject({ code: "rate_limited", status: 429 });
  live.hub.revoke(ada.caller.userId);
  await until(one.isOver);
  await until(() => live.hub.stats().sessions === 0);
});

test("a client that does not read is let go", async () => {
  const live = await start({ events: { budgetBytes: 100_000 } });
  const [ada, bob] = [await live.person(), await live.person()];
  const id = await live.make(ada, { kind: "group", title: "Busy", member_ids: [bob.caller.userId] });
  await follow(live.url, bob.token, { isReading: false });
  const content = "x".repeat(10_000);
  while (live.hub.stats().sessions > 0) await Promise.all(Array.from({ length: 50 }, () => live.say(ada, id, content)));
  expect((await live.metrics.slowCloses.get()).values[0]?.value).toBe(1);
});

test("presence and typing can be asked for and told over HTTP", async () => {
  const live = await start();
  const [ada, bob] = [await live.person(), await live.person()] as [Person, Person];
  const id = await live.make(ada, { kind: "direct", member_ids: [bob.caller.userId] });
  const stream = await follow(live.url, bob.token);
  const headers = { authorization: `Bearer ${ada.token}`, "content-type": "application/json" };
  const asked = await fetch(`${live.url}/v1/presence?user_ids=${bob.caller.userId},${ada.caller.userId}`, { headers });
  const { items } = (await asked.json()) as { items: Presence[] };
  expect(items.map(({ status }) => status)).toEqual(["online", "offline"]);
  const typed = await fetch(`${live.url}/v1/conversations/${id}/typing`, {
    method: "POST",
    headers,
    body: '{"is_typing":true}',
  });
  expect(typed.status).toBe(204);
  await until(() => stream.events().length === 1);
  expect(stream.events()[0]).toMatchObject({ type: "typing.start", conversation_id: id, user_id: ada.caller.userId });
});
