import { expect, test } from "vitest";
import { mentionedUsers, toMarkdown } from "./mrkdwn.ts";

const names = {
  user: (id: string) => ({ U1: "ada", U2: "grace" })[id],
  channel: (id: string) => ({ C1: "general" })[id],
};

test.each([
  ["hello <@U1> and <@U9|bob>", "hello @ada and @bob"],
  ["see <#C1|old-name> and <#C9|gone>", "see #general and #gone"],
  ["<!here> <!channel> <!everyone> <!subteam^S1|@team>", "@here @all @all @team"],
  ["<https://example.org/a?b=1&amp;c=2>", "https://example.org/a?b=1&c=2"],
  ["<https://example.org|the [site]>", "[the \\[site\\]](https://example.org)"],
  ["<https://example.org/(x)|x>", "[x](https://example.org/(x%29)"],
  ["<mailto:a@example.org|a@example.org>", "a@example.org"],
  ["*bold* and ~gone~ and _it_", "**bold** and ~~gone~~ and _it_"],
  ["2 * 3 * 4 and a*b*c", "2 * 3 * 4 and a*b*c"],
  ["1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 < 2 && 3 > 2"],
  ["`*not bold* &lt;T&gt;` but *bold*", "`*not bold* <T>` but **bold**"],
  ["```(let [x <https://example.org>] &gt; *y*)```", "```(let [x https://example.org] > *y*)```"],
])("writes %s as Markdown", (slack, markdown) => {
  expect(toMarkdown(slack, names)).toBe(markdown);
});

test("finds each mentioned user once", () => {
  expect(mentionedUsers("<@U1> <@U2|grace> <@U1> <!here> U3")).toEqual(["U1", "U2"]);
});
