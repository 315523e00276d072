import type { HttpInput } from "./http/input.ts";
import { asCurl } from "./http/input.ts";
import type { SocketInput } from "./socket/make.ts";

/** Something that must not be. */
export interface Finding {
  /** The same for all that are the same. */
  readonly signature: string;
  readonly text: string;
  readonly http?: HttpInput;
  readonly socket?: SocketInput;
  /** Token of the socket's user. */
  readonly token?: string;
}

export interface Findings {
  /** How many there were, those of a kind counted each. */
  readonly total: number;
  /** One of each kind. */
  readonly kinds: readonly (Finding & { readonly times: number })[];
  add(finding: Finding): void;
}

const MOST_KINDS = 50;

export function createFindings(onNew: (finding: Finding) => void): Findings {
  const kinds = new Map<string, Finding & { times: number }>();
  let total = 0;
  return {
    get total() {
      return total;
    },
    get kinds() {
      return [...kinds.values()];
    },
    add(finding) {
      total += 1;
      const known = kinds.get(finding.signature);
      if (known) known.times += 1;
      else if (kinds.size < MOST_KINDS) {
        kinds.set(finding.signature, { ...finding, times: 1 });
        onNew(finding);
      }
    },
  };
}

const LONGEST = 4_000;

/** What it is and how to do it again. */
export function describeFinding({ text, http, socket, token }: Finding, url: string): string {
  const lines = [`FOUND  ${text}`];
  if (http?.parts) lines.push(`  ${http.how}:`, cut(asCurl(http.parts, url)));
  else if (http)
    lines.push(`  ${http.how}, as bytes (base64), to be piped into the port:`, cut(http.bytes.toString("base64")));
  if (socket) {
    lines.push(`  ${socket.how}, on a socket with Authorization: Bearer ${token ?? "(none)"}:`);
    lines.push(cut(socket.text ?? `bytes (base64) ${socket.bytes.toString("base64")}`));
  }
  return lines.join("\n");
}

function cut(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}… (${text.length} characters)`;
}
