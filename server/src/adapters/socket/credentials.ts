import type { IncomingMessage } from "node:http";

export const SUBPROTOCOL = "parley.v1";

/** The token that the opening request brings, in the order in which we like to have it; undefined: the first frame will. */
export function tokenOf({ headers, url = "/" }: Pick<IncomingMessage, "headers" | "url">): string | undefined {
  return bearerOf(headers.authorization) ?? offeredBy(headers["sec-websocket-protocol"]) ?? askedBy(url);
}

function bearerOf(authorization: string | undefined): string | undefined {
  if (authorization === undefined) return undefined;
  // Whatever else it is, is no token: it is refused as one, not passed over.
  return /^Bearer +(\S+) *$/i.exec(authorization)?.[1] ?? authorization;
}

function offeredBy(protocols: string | undefined): string | undefined {
  return protocols
    ?.split(",")
    .map((protocol) => protocol.trim())
    .find((protocol) => protocol.startsWith("bearer."))
    ?.slice("bearer.".length);
}

function askedBy(url: string): string | undefined {
  return new URL(url, "http://parley").searchParams.get("token") ?? undefined;
}
