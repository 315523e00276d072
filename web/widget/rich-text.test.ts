import { expect, test } from "vitest";
import { richText } from "./rich-text.ts";

const html = (text: string): string => {
  const box = document.createElement("div");
  box.append(richText(text));
  return box.innerHTML.replaceAll(/ (dir|tabindex|target|rel)="[^"]*"/g, "");
};

test("what customers are answered with is shown as meant", () => {
  expect(html("**Bold**, *soft* and `a*b*c`")).toBe(
    "<p><strong>Bold</strong>, <em>soft</em> and <code>a*b*c</code></p>",
  );
  expect(html("Before\n```js\nlet a = '**b**';\n```\nafter")).toBe(
    "<p>Before</p><pre><code>let a = '**b**';</code></pre><p>after</p>",
  );
  expect(html("See https://example.com/a?b=c, or [here](https://example.com).")).toBe(
    '<p>See <a href="https://example.com/a?b=c">https://example.com/a?b=c</a>, or <a href="https://example.com">here</a>.</p>',
  );
  expect(html("2 * 3 * 4 = 24, snake_case_name")).toBe("<p>2 * 3 * 4 = 24, snake_case_name</p>");
});

test.each([
  "<img src=x onerror=alert(1)>",
  "[a](javascript:alert(1))",
  "[a](data:text/html,x)",
  "**<script>alert(1)</script>**",
  "`<b>`",
])("%s stays text", (text) => {
  const box = document.createElement("div");
  box.append(richText(text));
  expect(box.querySelectorAll("img, script, b, a")).toHaveLength(0);
});
