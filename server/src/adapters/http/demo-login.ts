import { sendPage, sourceHash } from "./security-headers.ts";
import { escapeHtml, PAGE_STYLE } from "./page-style.ts";
import type { AddPages } from "./server.ts";

export interface DemoLogin {
  /** What stands in the address. */
  readonly id: string;
  readonly name: string;
  /** A fresh token of theirs. */
  mint(): Promise<string>;
}

/** Names of this machine only: a page elsewhere that points its own name here is not let in. */
const LOCAL_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/;

/** Whom a request from this machine may log in as. */
export function demoPeople(
  logins: readonly DemoLogin[],
  host: string | undefined,
): readonly Pick<DemoLogin, "id" | "name">[] {
  return LOCAL_HOST.test(host ?? "") ? logins.map(({ id, name }) => ({ id, name })) : [];
}

/** Dev mode: `/demo/<id>` hands out a token of a demo user, as a page or (Accept: application/json) as JSON. */
export function addDemoLogins(logins: () => readonly DemoLogin[], url: () => string): AddPages {
  const allow = [`style-src ${sourceHash(PAGE_STYLE)}`, "img-src data:"];
  return (app) => {
    app.get<{ Params: { id: string } }>("/demo/:id", async (request, reply) => {
      const login = logins().find((candidate) => candidate.id === request.params.id);
      if (!login || !LOCAL_HOST.test(request.headers.host ?? "")) return reply.callNotFound();
      const token = await login.mint();
      if (request.headers.accept?.includes("application/json")) return await reply.send({ token });
      return await sendPage(reply, render(login, token, url()), { allow });
    });
  };
}

function render({ name }: DemoLogin, token: string, url: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(name)} – Parley</title>
<link rel="icon" href="data:,">
<style>${PAGE_STYLE}</style>
</head>
<body>
<main>
<h1>You are ${escapeHtml(name)}</h1>
<p>A demo user of this machine's Parley. This token speaks for them for twelve hours:</p>
<h2>Token</h2>
<pre tabindex="0"><code>${escapeHtml(token)}</code></pre>
<h2>Put it to use</h2>
<pre tabindex="0"><code>TOKEN=…
curl -H "Authorization: Bearer $TOKEN" ${escapeHtml(url)}/v1/conversations</code></pre>
<p>Or paste it at <a href="/docs">the API reference</a>, where every request can be tried.</p>
<footer><a href="/">Back to the start</a></footer>
</main>
</body>
</html>
`;
}
