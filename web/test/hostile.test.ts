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
