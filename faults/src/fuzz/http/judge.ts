import { ERRORS, problem, type Endpoint, type ErrorCode } from "@parley/protocol";
import type { Answer } from "./line.ts";
import type { HttpInput, Parts } from "./input.ts";

/** What would tell a stranger how the service is made. */
const LEAKS = /node_modules|syntax error|\bviolates\b|ECONN|TypeError|RangeError|ZodError|HPE_/;

/** Answers larger than this are compared with their definition only now and then: it costs more than everything else together. */
const SMALL = 4_096;

export interface Verdict {
  /** What is wrong with the answer. */
  readonly fault?: string;
  /** The deliberate refusals under load. */
  readonly isOverload?: boolean;
  readonly code?: ErrorCode;
  /** What it answered, where it was read and is good. */
  readonly body?: unknown;
}

/** Whether the answer is one that the input may get. `isThorough`: large ones are looked at as well. */
export function judgeHttp(input: HttpInput, answer: Answer, isThorough: boolean): Verdict {
  const { status } = answer;
  if (!Number.isInteger(status)) return { fault: "answers something that is no HTTP" };
  if (status >= 400) return judgeRefusal(input, answer);
  if (status >= 300 && input.isStrict) return { fault: `answers ${status}` };
  if (!input.isStrict || input.endpoint === undefined) return {};
  return judgeSuccess(input.endpoint, answer, isThorough);
}

function judgeSuccess(endpoint: Endpoint, { status, headers, body }: Answer, isThorough: boolean): Verdict {
  const schema = endpoint.responses[status];
  if (schema === undefined) return { fault: `answers ${status}, which is not documented` };
  if (schema === null) return body.length === 0 ? {} : { fault: `answers ${status} with a body` };
  if (endpoint.produces !== undefined) return {};
  if (headers.get("content-type")?.startsWith("application/json") !== true)
    return { fault: `answers ${status} as ${headers.get("content-type")}` };
  if (body.length > SMALL && !isThorough) return {};
  const value = parse(body);
  if (value === undefined) return { fault: `answers ${status} with something that is no JSON` };
  const result = schema.safeParse(value);
  if (!result.success)
    return { fault: `answers ${status} with something else than documented: ${result.error.message}` };
  return { body: value };
}

/** Requests that cannot be read as HTTP are answered with statuses of their own. */
const UNREADABLE = new Set([408, 431]);

function judgeRefusal({ endpoint, isStrict, parts }: HttpInput, { status, headers, body }: Answer): Verdict {
  if (parts?.method === "HEAD")
    return status === 500 ? { fault: "answers 500" } : { isOverload: status === 503 || status === 504 };
  if (status === 504) return { isOverload: true };
  const value = parse(body);
  const read = problem.safeParse(value);
  if (!read.success) {
    if (status === 503 && endpoint?.id === "getReadiness") return { isOverload: true };
    return { fault: `answers ${status} with something that is no problem document: ${body.toString().slice(0, 300)}` };
  }
  const { code, request_id: requestId, detail, errors } = read.data;
  const fault = (text: string): Verdict => ({ fault: text, code });
  if (status === 503 && code === "overloaded") return { isOverload: true, code };
  if (status >= 500) return fault(`answers ${status} ${code} (request ${requestId})`);
  if (headers.get("content-type") !== "application/problem+json; charset=utf-8")
    return fault(`answers ${status} as ${headers.get("content-type")}`);
  if (read.data.status !== status) return fault(`answers ${status} with a document that says ${read.data.status}`);
  if (ERRORS[code].status !== status && !UNREADABLE.has(status)) return fault(`answers ${status} as ${code}`);
  if (requestId !== "none" && headers.get("x-request-id") !== requestId)
    return fault("names another request than its header");
  if (detail.length < 6) return fault("does not say what is wrong");
  if ((errors !== undefined) !== (code === "validation_failed") && code === "validation_failed" && isStrict)
    return fault("does not say where the mistake is");
  const leak = LEAKS.exec(body.toString())?.[0];
  if (leak !== undefined) return fault(`tells how it is made: ${leak}`);
  if (isStrict && endpoint !== undefined && !isDocumented(endpoint, code) && !isOfActing(parts, code))
    return fault(`answers ${code}, which is not documented`);
  return { code };
}

function isDocumented({ errors }: Endpoint, code: ErrorCode): boolean {
  return errors.includes(code);
}

/** Whoever acts for somebody may be refused that, whichever the endpoint. */
function isOfActing(parts: Parts | undefined, code: ErrorCode): boolean {
  const isActing = parts?.headers.some(([name]) => name === "Parley-Act-As") === true;
  return isActing && (code === "permission_denied" || code === "not_found");
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
