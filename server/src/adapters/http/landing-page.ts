import { escapeHtml, PAGE_STYLE } from "./page-style.ts";
import { sendPage, sourceHash } from "./security-headers.ts";
import type { AddPages } from "./server.ts";

export interface Login {
  /** Whom it logs in as. */
  readonly name: string;
  readonly href: string;
}

export interface LandingPageDeps {
  readonly version: string;
  /** How this instance is reached, for the example. */
  readonly url: () => string;
  /** Demo users of dev mode; empty otherwise. */
  readonly logins: () => readonly Login[];
}

/** What a browser sees at `/`: what runs here, and where to go from it. */
export function addLandingPage(deps: LandingPageDeps): AddPages {
  const allow = [`style-src ${sourceHash(PAGE_STYLE)}`, "img-src data:"];
  return (app) => {
    app.get("/", (_request, reply) => sendPage(reply, render(deps), { allow }));
  };
}

const MARK = `<svg viewBox="0 0 48 48" aria-hidden="true">
<path fill="var(--accent)" d="M6 8h25a5 5 0 0 1 5 5v11a5 5 0 0 1-5 5H17l-8 7v-7H6a5 5 0 0 1-5-5V13a5 5 0 0 1 5-5z"/>
<path fill="var(--ink)" d="M39 17h3a5 5 0 0 1 5 5v11a5 5 0 0 1-5 5h-1v7l-8-7H21a5 5 0 0 1-4.6-3H32a7 7 0 0 0 7-7z"/>
</svg>`;

const PLACES = [
  ["/docs", "API reference", "Every endpoint, to read and to try"],
  ["/openapi.json", "OpenAPI 3.1", "The same for machines"],
  ["/healthz", "Health", "Whether the process lives"],
  ["/readyz", "Readiness", "Database and bus"],
  ["/metrics", "Metrics", "For Prometheus"],
] as const;

function render({ version, url, logins }: LandingPageDeps): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="A Parley messaging server">
<title>Parley</title>
<link rel="icon" href="data:,">
<style>${PAGE_STYLE}</style>
</head>
<body>
<main>
<header>${MARK}<div><h1>Parley runs here</h1><p>A messaging service, version ${escapeHtml(version)}</p></div></header>
${renderLogins(logins())}<nav aria-label="Parts of this server">
<h2>What there is</h2>
<ul>
${PLACES.map(([href, name, text]) => renderPlace(href, name, text)).join("\n")}
</ul>
</nav>
<h2>A first request</h2>
<pre tabindex="0"><code>curl -H "Authorization: Bearer $(npx parley token --user ada)" ${escapeHtml(url())}/v1/users/me</code></pre>
<footer>Sockets connect to <code>/v1/messaging/ws</code>.</footer>
</main>
</body>
</html>
`;
}

function renderLogins(logins: readonly Login[]): string {
  if (logins.length === 0) return "";
  const items = logins.map(({ name, href }) => renderPlace(href, name, "Log in as this demo user"));
  return `<section aria-labelledby="logins">
<h2 id="logins">Look around as</h2>
<ul>
${items.join("\n")}
</ul>
</section>
`;
}

function renderPlace(href: string, name: string, text: string): string {
  return `<li><a href="${escapeHtml(href)}"><strong>${escapeHtml(name)}</strong><span>${escapeHtml(text)}</span></a></li>`;
}
