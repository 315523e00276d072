import { expect, test } from "vitest";
import { useWeb } from "./harness/web.ts";

const web = useWeb();

const HOSTILE = [
  "<script>document.title = 'broken'</script>",
  "<img src=x onerror=\"document.title = 'broken'\">",
  "<svg onload=alert(1)><a xlink:href='javascript:alert(1)'>x</a></svg>",
  "[a link](javascript:alert(1)) [another](data:text/html,<script>alert(1)</script>) <javascript:alert(1)>",
  "[by entity](&#x6A;avascript:alert(1)) [tab](java\tscript:alert(1)) [vb](vbscript:msgbox)",
  "![a picture](https://evil.example.com/pixel.png) ![x](javascript:alert(1))",
  '[quoted](https://example.com/"onmouseover="alert(1)) https://example.com/"><script>alert(1)</script>',
  '```html"><script>alert(1)</script>\n</code></pre><img src=x onerror=alert(1)>\n```',
  '@ada"><img src=x onerror=alert(1)> @<b>ada</b>',
  "<style>*{display:none}</style><base href=//evil.example.com><form action=//evil.example.com><input>",
  "`<iframe srcdoc='<script>parent.document.title=1</script>'>` **<math><mtext></mtext><mglyph><style><img src=x onerror=alert(1)>**",
  "\u202Etxt.exe [rtl](https://example.com/\u202Egnp) &lt;script&gt;alert(1)&lt;/script&gt;",
];

test("whatever people write stays text", async () => {
  const ada = await web.signIn("ada");
  const dialogs: string[] = [];
  ada.on("dialog", (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  await ada.getByRole("link", { name: /^Random/ }).click();
  const { token } = (await (
    await fetch(`${web.url}/demo/grace`, { headers: { accept: "application/json" } })
  ).json()) as { token: string };
  const { items } = await web.node.done<{ items: { id: string; title: string }[] }>(token, "GET", "/v1/conversations");
  const id = items.find(({ title }) => title === "Random")?.id ?? "";
  for (const content of HOSTILE)
    await web.node.done(token, "POST", `/v1/conversations/${id}/messages`, { content: `${content}\n\nfine` });

  const proses = ada.getByRole("log").locator(".prose", { hasText: "fine" });
  await expect.poll(() => proses.count()).toBe(HOSTILE.length);
  const found = await proses.evaluateAll((elements) => ({
    elements: elements.flatMap((element) =>
      [...element.querySelectorAll("script,img,svg,iframe,style,base,form,input,math,object,embed,link,meta")].map(
        ({ outerHTML }) => outerHTML,
      ),
    ),
    handlers: elements.flatMap((element) =>
      [...element.querySelectorAll("*")].flatMap(({ attributes }) =>
        [...attributes].map(({ name }) => name).filter((name) => name.startsWith("on") || name === "style"),
      ),
    ),
    links: elements.flatMap((element) =>
      [...element.querySelectorAll("a")].map(({ protocol, rel }) => [protocol, rel]),
    ),
  }));
  expect(found.elements).toEqual([]);
  expect(found.handlers).toEqual([]);
  for (const link of found.links) expect(link).toEqual(["https:", "noopener noreferrer nofollow"]);
  expect(found.links.length).toBeGreaterThan(1);
  expect(dialogs).toEqual([]);
  expect(await ada.title()).toBe("Random · Parley");
});

/** Ways into a page, for every place where somebody's words are shown. */
const INTO_NAMES = [
  "<script>globalThis.broken=1</script>",
  '"><img src=https://evil.example.com/x onerror=globalThis.broken=1>',
  "'-globalThis.broken-'{{constructor.constructor('globalThis.broken=1')()}}",
  "<svg/onload=globalThis.broken=1>",
  "javascript:globalThis.broken=1//",
] as const;

test("names, titles, topics, reactions and previews are text, too, and nothing is asked of other hosts", async () => {
  const tokens = await Promise.all(
    ["ada", "grace"].map(async (who) => {
      const answer = await fetch(`${web.url}/demo/${who}`, { headers: { accept: "application/json" } });
      return ((await answer.json()) as { token: string }).token;
    }),
  );
  const [adaToken, graceToken] = tokens;
  const ada = await web.signIn("ada");
  const elsewhere: string[] = [];
  ada.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (origin !== web.url && protocol !== "data:" && protocol !== "blob:") elsewhere.push(request.url());
  });
  // What the policy had to stop is a fault of ours: nothing may get that far.
  await ada.evaluate(() => {
    const seen: string[] = [];
    Object.assign(globalThis, { violations: seen });
    document.addEventListener("securitypolicyviolation", (event) =>
      seen.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`),
    );
  });
  const grace = await web.node.done<{ id: string }>(graceToken, "GET", "/v1/users/me");
  for (const [index, hostile] of INTO_NAMES.entries()) {
    await web.node.done(graceToken, "PATCH", "/v1/users/me", { display_name: hostile });
    const { id } = await web.node.done<{ id: string }>(adaToken, "POST", "/v1/conversations", {
      kind: "group",
      title: `${index} ${hostile}`,
      description: `${hostile} **topic**`,
      member_ids: [grace.id],
    });
    const path = `/v1/conversations/${id}/messages`;
    const { id: messageId } = await web.node.done<{ id: string }>(graceToken, "POST", path, {
      content: `@ada @grace :tada: :${hostile}: #${hostile} [${hostile}](https://example.com/ "${hostile}") \`\`\`${hostile}`,
    });
    await web.node.done(graceToken, "POST", path, { content: `\`\`\`${hostile}\n${hostile}\n\`\`\`` });
    await web.node.done(graceToken, "POST", `/v1/messages/${messageId}/reactions`, { reaction: ":__proto__:" });
    await web.node.done(adaToken, "PUT", `/v1/conversations/${id}/pins/${messageId}`);
    await ada.getByRole("link", { name: new RegExp(`^${index} `) }).click();
    await ada.getByRole("heading", { level: 1 }).getByText(`${index} ${hostile}`).waitFor();
    await ada.getByRole("article").filter({ hasText: "🎉" }).first().waitFor();
    await ada.getByRole("article").first().hover();
    await ada.getByRole("button", { name: ":__proto__:" }).hover();
    await ada.getByRole("link", { name: "Details" }).click();
    await ada.getByRole("heading", { name: "Pinned messages" }).waitFor();
    await ada.getByRole("textbox", { name: /^Message to/ }).fill("@g");
    await ada.getByRole("option").first().waitFor();
    await ada.getByRole("textbox", { name: /^Message to/ }).fill("");
    await ada.getByRole("article").first().getByRole("button").last().click({ trial: true });
  }
  const state = await ada.evaluate(() => {
    const { broken, violations } = globalThis as unknown as { broken?: unknown; violations: string[] };
    const links = [...document.querySelectorAll("a")].map(({ protocol }) => protocol);
    const strange = document.querySelectorAll("#app script, #app iframe, #app object, [onerror], [onload], [onclick]");
    return { broken, violations, links: [...new Set(links)].toSorted(), strange: strange.length };
  });
  expect(state.broken).toBeUndefined();
  expect(state.violations).toEqual([]);
  expect(state.strange).toBe(0);
  expect(state.links.filter((protocol) => protocol !== "http:" && protocol !== "https:")).toEqual([]);
  expect(elsewhere).toEqual([]);
  await web.node.done(graceToken, "PATCH", "/v1/users/me", { display_name: "Grace Hopper" });
});

test("a block of code can be copied as it was written", async () => {
  const ada = await web.signIn("ada");
  await ada.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await ada.getByRole("link", { name: /^General/ }).click();
  await ada.getByRole("textbox", { name: "Message to General" }).fill("```ts\nconst a = '<b>';\n```");
  await ada.keyboard.press("Enter");
  await ada.getByRole("button", { name: "Copy" }).click();
  await ada.getByText("Copied").waitFor();
  expect(await ada.evaluate(() => navigator.clipboard.readText())).toBe("const a = '<b>';\n");
});
