import { createRequire } from "node:module";
import type * as Linkify from "linkify-it";
import type * as Micro from "uc.micro";
import { expect, test } from "vitest";
import { LinkifyIt } from "./linkify.ts";
import * as mdurl from "./mdurl.ts";
import * as micro from "./uc-micro.ts";

/** What stands in for the packages, held against the packages themselves: those that are loaded past the aliases. */
const load = createRequire(import.meta.url);
const packages = {
  linkify: load("linkify-it") as typeof Linkify,
  markdown: load("markdown-it") as {
    new (): { normalizeLink(url: string): string; normalizeLinkText(url: string): string };
  },
  micro: load("uc.micro") as typeof Micro,
};

const each = (...parts: readonly (readonly string[])[]): readonly string[] =>
  parts.reduce((all, next) => all.flatMap((start) => next.map((end) => start + end)), [""]);

const HOSTS = [
  ..."example.com localhost a 1.2.3.4 [::1] [2001:db8::1] bücher.example xn--bcher-kva.example 例え.jp a-b.c-d.com".split(
    " ",
  ),
  ..."ex_ample.com a..b -a.com a-.com example.com. user@example.com user:pw@example.com 🎉.com EXAMPLE.com".split(" "),
  "",
];
const PORTS = ["", ":80", ":65535", ":65536", ":99999", ":", ":x"];
const PATHS = [
  ..."/ /a/b /a.b /a..b /a... /a-b--c /~x /a?b=c&d=e#f ?x=1 #x /wiki/Ada_(language) /a(b(c)d)e /a(b /a)b /[x] /{x}".split(
    " ",
  ),
  ..."/{x /a\"b\"c /a'b'c /it's /a,b /a;b /a!b /a!!b /a?b?c /ü/ñ /%20%C3%BC /a|b /a^b /a`b /a\\b /a*b* /a_b_ /@x".split(
    " ",
  ),
  ..."/a$b+c /!#/x /a：b /日本語。 /a… /a–b /“x” /((((x)))) /(((((x)))))".split(" "),
  "",
];
const ENDS = [..."., ! ? ; : ) ] > \" ' * _ ~ … </a> 。 .. ?! ). | `".split(" "), "", " and more", "\n", "\u00A0x"];
const STARTS = [..."( < \" ' x _ * = + | 🎉 。 1 / - :".split(" "), "", "see ", "\n"];
const NAMES = [
  ...'ada ada.lovelace a. ..a a..b .a a+b a\'b ä a_b a-b #x a/b "a"'.split(" "),
  ...[64, 65, 70].map((length) => "x".repeat(length)),
];
const MAIL_HOSTS =
  "example.com localhost a.b.c.d.e a.b.c.d.e.f example.com. example.com, example..com 1.2.3.4 x_y.com x-.com -x.com bücher.de example.com:80 example.com/x example.com?subject=x".split(
    " ",
  );
const TEXTS = [
  ...each(["http://"], HOSTS, PORTS, ["", "/x", ".", " y"]),
  ...each(["https://example.com"], PATHS, ENDS),
  ...each(
    STARTS,
    ["https://example.com/a", "mailto:ada@example.com", "ada@example.com", "HTTP://X.Y", "http:/x"],
    ["", " b"],
  ),
  ...each(["", "mailto:", "(", "to "], NAMES, ["@"], MAIL_HOSTS, ["", ") now"]),
  ...each(["https://a.b"], [" ", ",", "/", "/?q="], ["https://c.d", "e@f.gh"], ["", " x@y.zz@q.rr"]),
  ..."https:// mailto: javascript:alert(1) readme.md 12:30 @ada a@b a@b@c.de <https://a.b/c> [x](https://a.b)".split(
    " ",
  ),
];

/** Of theirs, what closes emphasis is taken away: here it is no part of a link. */
function theirsAs(link: Linkify.Match | null | undefined): unknown {
  if (!link) return null;
  const without = (text: string): string => text.replace(/[.,:;!?]*[*_~]+$/, "");
  return [link.schema, link.index, link.index + without(link.raw).length, without(link.url), without(link.text)];
}

test("the same is a link as for linkify-it, without names of hosts alone", () => {
  const theirs = new packages.linkify.LinkifyIt().add("ftp:", null).add("//", null);
  const ours = new LinkifyIt();
  const oursAs = (link: ReturnType<LinkifyIt["matchAtStart"]>) =>
    link && [link.schema, link.index, link.lastIndex, link.url, link.text];
  const differing = TEXTS.filter((text) => {
    // It is asked for what begins with a letter alone.
    const mayStart = /^[a-z]/i.test(text);
    const wanted = [
      theirs.test(text),
      theirs.match(text)?.map(theirsAs),
      mayStart && theirsAs(theirs.matchAtStart(text)),
    ];
    const got = [ours.test(text), ours.match(text)?.map(oursAs), mayStart && oursAs(ours.matchAtStart(text))];
    return JSON.stringify(wanted) !== JSON.stringify(got);
  });
  expect(TEXTS.length).toBeGreaterThan(2_000);
  expect(differing).toEqual([]);
});

const ADDRESSES = each(
  ["http://", "https://"],
  [...HOSTS.filter((host) => URL.canParse(`http://${host}`)), "[2001:db8::1]:8080"],
  [
    ...PATHS,
    ..."/% /%zz /%2 /%25 /100%25 /%252e /a%26b=%23 /\uD800 /x\uDC00y /😀 /%F0%9F%98%80 /%2F%3F%23 /?q=[1]&r=ü#ä".split(
      " ",
    ),
    ..."?ü #ü /a;b,c:d@e!f$g&h'i(j)k*l+m=n~o-p_q.r /%e6%97%a5 /<x>".split(" "),
    "/a b",
    "/\u00A0x",
  ],
);

/** As markdown-it puts a link together, with what stands in for mdurl and punycode. */
function normalised(url: string): string {
  const parts = mdurl.parse(url);
  return mdurl.format({ ...parts, pathname: mdurl.encode(parts.pathname) });
}

test("a link leads where it leads with mdurl, and is shown alike", () => {
  const theirs = new packages.markdown();
  const shown = (url: string): string => mdurl.decode(mdurl.format(mdurl.parse(url)));
  expect(theirs.normalizeLink("http://bücher.example/")).toBe("http://xn--bcher-kva.example/");
  expect(ADDRESSES.length).toBeGreaterThan(1_000);
  expect(ADDRESSES.filter((url) => new URL(normalised(url)).href !== new URL(theirs.normalizeLink(url)).href)).toEqual(
    [],
  );
  // Names of hosts in ASCII stay so: they then cannot pass for others.
  expect(ADDRESSES.filter((url) => !url.includes("xn--") && shown(url) !== theirs.normalizeLinkText(url))).toEqual([]);
  // What is no text stays as it is; there it would be signs for what is not known.
  expect(shown("http://a.b/%C3%BC%FF")).toBe("http://a.b/%C3%BC%FF");
});

test("the same signs are punctuation and symbols as for uc.micro, of those that the engine knows", () => {
  const differing: string[] = [];
  for (let code = 0; code <= 0x10_ff_ff; code += 1) {
    if (code >= 0xd8_00 && code <= 0xdf_ff) continue;
    const sign = String.fromCodePoint(code);
    const isSame =
      packages.micro.P.test(sign) === micro.P.test(sign) && packages.micro.S.test(sign) === micro.S.test(sign);
    if (!isSame && !/\p{Cn}/u.test(sign)) differing.push(code.toString(16));
  }
  expect(differing).toEqual([]);
});
