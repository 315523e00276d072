import type { Edit } from "../stand/server-copy.ts";

/** Bugs that are planted into a copy of the built server, to see whether fuzzing finds them. */
export interface FuzzBug {
  readonly title: string;
  /** A finding has to say so. */
  readonly foundAs: RegExp;
  readonly only: "http" | "socket";
  readonly edits: readonly Edit[];
}

export const FUZZ_BUGS: Readonly<Record<string, FuzzBug>> = {
  "failing-validation": {
    title: "a query that is not valid is a fault of the service",
    foundAs: /answers 500/,
    only: "http",
    edits: [
      {
        file: "adapters/http/validate.js",
        from: "throw toParleyError(place, result.error.issues);",
        to: 'throw place === "query" ? new Error("planted") : toParleyError(place, result.error.issues);',
      },
    ],
  },
  "kept-refusals": {
    title: "every refusal is kept for ever",
    foundAs: /heap has grown/,
    only: "http",
    edits: [
      {
        file: "adapters/http/errors.js",
        from: "export function toProblem(error, requestId) {",
        to: "const kept = [];\nexport function toProblem(error, requestId) {\n    kept.push(Array.from({ length: 600 }, (_, index) => ({ index, requestId })));",
      },
    ],
  },
  "unguarded-frame": {
    title: "a frame that is no JSON ends the process",
    foundAs: /ended by itself|log says/,
    only: "socket",
    edits: [
      {
        file: "adapters/socket/parse-command.js",
        from: "    catch {\n        return undefined;\n    }",
        to: "    finally {\n    }",
      },
    ],
  },
  "undocumented-refusal": {
    title: "reading drafts is refused with something that is not documented",
    foundAs: /not documented/,
    only: "http",
    edits: [
      {
        file: "adapters/http/validate.js",
        from: "throw toParleyError(place, result.error.issues);",
        to: 'throw place === "params" || place === "query" ? new ParleyError("conflict", { detail: "planted" }) : toParleyError(place, result.error.issues);',
      },
    ],
  },
};
