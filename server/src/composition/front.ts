import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { endpoints } from "@parley/protocol";
import { addApiReference } from "../adapters/http/api-reference.ts";
import { addDemoLogins, demoPeople, type DemoLogin } from "../adapters/http/demo-login.ts";
import { createEventStreams } from "../adapters/http/events.ts";
import { addLandingPage } from "../adapters/http/landing-page.ts";
import { createHttpServer, type AddPages } from "../adapters/http/server.ts";
import { addWebApp } from "../adapters/http/web-app.ts";
import { createSocketServer } from "../adapters/socket/server.ts";
import type { Config } from "../config/config.ts";
import { isConnectionLoss, isCutShort } from "../store/postgres/errors.ts";
import type { Core, Foundation } from "./core.ts";
import { createRoutes } from "./routes.ts";
import type { Services } from "./services.ts";

export interface FrontOptions {
  readonly logins: readonly DemoLogin[];
  readonly checkResponses: boolean;
}

/** Everything that listens: HTTP, sockets and streams of events on one port. Answers the address once it does. */
export async function openFront(
  foundation: Foundation,
  core: Core,
  services: Services,
  options: FrontOptions,
): Promise<string> {
  const { config, logger, metrics, own } = foundation;
  const { hub, onTrouble } = core;
  const failing = { logger, isUnavailable: (error: unknown) => isConnectionLoss(error) || isCutShort(error) };
  const events = createEventStreams({
    hub,
    onDropped: () => metrics.droppedSignals.inc(),
    onSlow: () => metrics.slowCloses.inc(),
    onTrouble,
  });
  const sockets = createSocketServer({
    ...failing,
    hub,
    authentication: services.authentication,
    epoch: services.epoch,
    services,
    metrics,
    trustProxy: config.trustProxy,
    // Off is off: whoever measures floods on purpose.
    ...(config.rates ? {} : { limits: { frames: undefined } }),
  });
  const address = { url: config.publicUrl };
  const http = await createHttpServer({
    ...failing,
    routes: [...createRoutes(foundation, core, services), ...events.routes],
    pages: pagesOf(config, options.logins, () => address.url ?? ""),
    authenticate: services.authentication.authenticate,
    limits: services.limits,
    checkResponses: options.checkResponses,
    metrics,
    corsOrigins: config.corsOrigins,
    trustProxy: config.trustProxy,
    tls: config.tls && { cert: readFileSync(config.tls.certificateFile), key: readFileSync(config.tls.keyFile) },
    isSecure: config.tls !== undefined || (config.publicUrl?.startsWith("https:") ?? false),
  });
  sockets.attach(http.server);
  // Together, since HTTP waits for its connections to end, and sockets are connections.
  own({
    [Symbol.asyncDispose]: async () =>
      void (await Promise.all([sockets.close(), events[Symbol.asyncDispose](), http.close()])),
  });
  const url = await http.listen(config.host, config.port);
  address.url ??= url;
  return url;
}

/** Where the build of the web app is: beside the server's, in the repository and in an installation alike. */
const WEB_APP = fileURLToPath(new URL("../../../web/dist/", import.meta.url));

function pagesOf(config: Config, logins: readonly DemoLogin[], url: () => string): AddPages[] {
  const version = readVersion();
  return [
    addApiReference(Object.values(endpoints), version),
    startPage(config, logins, url, version),
    ...(config.dev ? [addDemoLogins(() => logins, url)] : []),
  ];
}

/** The web app; where it is switched off or was not built, a page that says what runs here. */
function startPage(config: Config, logins: readonly DemoLogin[], url: () => string, version: string): AddPages {
  if (config.web && existsSync(`${WEB_APP}index.html`))
    return addWebApp({
      directory: WEB_APP,
      version,
      demoPeople: (host) => demoPeople(logins, host),
      signIn: config.web,
    });
  return addLandingPage({ version, url, logins: () => logins.map(({ id, name }) => ({ name, href: `/demo/${id}` })) });
}

function readVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  return version;
}
