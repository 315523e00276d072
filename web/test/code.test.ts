import { expect, test } from "vitest";
import { untilKept } from "./harness/device.ts";
import { THEMES } from "./harness/look.ts";
import { conversationOf, say } from "./harness/says.ts";
import { useWeb, violationsOf } from "./harness/web.ts";

const web = useWeb();

test("code in a known language is coloured when it is seen, and moves nothing", async () => {
  const random = await conversationOf(web, "grace", "Random");
  await say(web, "grace", random, "```\nwithout a language\n```\n```klingon\nnuqneH\n```");
  const ada = await web.signIn("ada", { path: `/c/${random}` });
  await untilKept(ada);
  const kept = () =>
    ada.evaluate(async () => {
      const caching = (await caches.keys()).map(async (name) => await (await caches.open(name)).keys());
      return (await Promise.all(caching)).flat().flatMap(({ url }) => /\/assets\/used\/(\w+)/.exec(url)?.[1] ?? []);
    });
  const asked: string[] = [];
  ada.context().on("request", (request) => asked.push(new URL(request.url()).pathname));
  await ada.getByRole("log").getByText("nuqneH").waitFor();
  let letThrough = (): void => undefined;
  const isLet = new Promise<void>((resolve) => (letThrough = resolve));
  await ada.context().route(/\/typescript-/, async (route) => {
    await isLet;
    await route.continue();
  });

  await say(
    web,
    "grace",
    random,
    "```ts\n// The engine\nconst answer: number = 42;\nconst text = `<b>${answer}</b>`;\n```",
  );
  const block = ada.getByRole("article").filter({ hasText: "The engine" }).last();
  await block.waitFor();
  const heightOf = () => block.evaluate((element) => element.getBoundingClientRect().height);
  await expect.poll(() => asked.filter((path) => path.includes("/typescript-"))).toHaveLength(1);
  expect(await block.locator(".hljs-keyword").count()).toBe(0);
  expect(await kept()).toEqual([]);
  const before = await heightOf();
  letThrough();
  await block.locator(".hljs-keyword").first().waitFor();
  expect(await heightOf()).toBe(before);
  expect(await block.locator("code").textContent()).toContain("`<b>${answer}</b>`");
  const colours = await block
    .locator(".hljs-comment, .hljs-keyword, .hljs-number, .hljs-string")
    .evaluateAll((parts) => new Set(parts.map((part) => getComputedStyle(part).color)).size);
  expect(colours).toBe(4);
  // Of the languages, the one alone, which is there without a network from now on.
  await expect.poll(kept).toEqual(["typescript"]);
  await block.getByRole("button", { name: "Copy" }).click();
  await ada.getByText("Copied").first().waitFor();
});

test.each(THEMES)("coloured code can be read: %s", async (theme) => {
  const random = await conversationOf(web, "grace", "Random");
  await say(
    web,
    "grace",
    random,
    '```py\n# Rods\ndef turn(n=12):\n    return f"{n} times"\n```\n```json\n{ "a": [1, null] }\n```',
  );
  const ada = await web.signIn("ada", { path: `/c/${random}`, theme });
  await ada.locator(".hljs-attr").last().waitFor();
  await ada.locator(".hljs-comment").last().waitFor();
  expect(await violationsOf(ada)).toEqual([]);
});
