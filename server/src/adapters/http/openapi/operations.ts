import { errorEntry, problem, type Access, type Endpoint, type ErrorCode } from "@parley/protocol";
import type * as z from "zod";
import type { JsonObject, SchemaBook } from "./schemas.ts";

const WHO: Readonly<Record<Access, string | undefined>> = {
  public: undefined,
  user: undefined,
  staff: "For staff, administrators and service tokens.",
  admin: "For administrators and service tokens.",
  service: "For service tokens.",
};

const STATUS_TEXT: Readonly<Record<number, string>> = {
  200: "Done",
  201: "Made",
  202: "Taken, to be done later",
  204: "Done; there is nothing to say",
  503: "Not at the moment",
};

/** One endpoint as an operation of OpenAPI 3.1, under a path that may have other names for its parameters than the endpoint has. */
export function describeOperation(endpoint: Endpoint, path: string, book: SchemaBook): JsonObject {
  const { id, summary, description, tag, access, body, example } = endpoint;
  const text = [description, WHO[access]].filter((part) => part !== undefined).join("\n\n");
  const parameters = describeParameters(endpoint, path, book);
  return {
    operationId: id,
    summary,
    ...(text === "" ? {} : { description: text }),
    tags: [tag],
    ...(access === "public" ? { security: [] } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body === undefined ? {} : { requestBody: describeBody(body, example?.body, book) }),
    responses: { ...describeAnswers(endpoint, book), ...describeErrors(endpoint.errors, book) },
  };
}

/** "/v1/users/:user_id" → "/v1/users/{user_id}". */
export function templatePath(path: string): string {
  return path.replaceAll(/:(\w+)/g, "{$1}");
}

function describeParameters(
  { params, query, access, example, ...endpoint }: Endpoint,
  path: string,
  book: SchemaBook,
): JsonObject[] {
  const headers: JsonObject[] = [];
  if (access !== "public") headers.push({ $ref: "#/components/parameters/ActAs" });
  const isSend = endpoint.method === "POST" && /\/(?:messages|thread)$/.test(path);
  if (isSend) headers.push({ $ref: "#/components/parameters/IdempotencyKey" });
  return [
    ...describeFields("path", params, example?.params, book).map((field) =>
      renamed(field, templatePath(endpoint.path), path),
    ),
    ...describeFields("query", query, example?.query, book),
    ...headers,
  ];
}

/** A parameter under the name that stands in its place in another template. */
function renamed(field: JsonObject, from: string, to: string): JsonObject {
  const name = to.split("/")[from.split("/").indexOf(`{${String(field["name"])}}`)]?.slice(1, -1);
  if (name === undefined || name === field["name"]) return field;
  return { description: `Here it is the \`${String(field["name"])}\``, ...field, name };
}

function describeFields(
  place: "path" | "query",
  schema: z.ZodObject | undefined,
  examples: Readonly<Record<string, string>> | undefined,
  book: SchemaBook,
): JsonObject[] {
  if (schema === undefined) return [];
  const { properties, required = [] } = book.describe(schema, "input") as {
    properties: Record<string, JsonObject>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...property }]) => ({
    name,
    in: place,
    required: place === "path" || required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: property,
    ...(examples?.[name] === undefined ? {} : { example: exampleValue(property, examples[name]) }),
  }));
}

/** Examples of query strings are texts, as they are in an address; here they are what they stand for. */
function exampleValue({ type }: JsonObject, text: string): unknown {
  if (type === "integer" || type === "number") return Number(text);
  return type === "boolean" ? text === "true" : text;
}

function describeBody(schema: z.ZodType, example: unknown, book: SchemaBook): JsonObject {
  return {
    required: !schema.safeParse(undefined).success,
    content: {
      "application/json": { schema: book.describe(schema, "input"), ...(example === undefined ? {} : { example }) },
    },
  };
}

function describeAnswers({ responses, produces, example }: Endpoint, book: SchemaBook): JsonObject {
  const contentType = produces ?? "application/json";
  const shown = example?.response;
  // The example belongs to the first status that it fits: a 201 with a message does not fit a 200 with `duplicate`.
  const exampleStatus = Object.entries(responses).find(([, schema]) => schema?.safeParse(shown).success)?.[0];
  const entries = Object.entries(responses).map(([status, schema]): [string, JsonObject] => {
    const answer: JsonObject = { description: STATUS_TEXT[Number(status)] ?? "Done" };
    if (schema === null) return [status, answer];
    const content = {
      schema: book.describe(schema, "output"),
      ...(status === exampleStatus ? { example: shown } : {}),
    };
    return [status, { ...answer, content: { [contentType]: content } }];
  });
  return Object.fromEntries(entries);
}

/** By status, since OpenAPI knows no codes; each code is an example of its status. */
function describeErrors(codes: readonly ErrorCode[], book: SchemaBook): JsonObject {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of new Set(codes)) {
    const { status } = errorEntry(code);
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const entries = [...byStatus].toSorted(([a], [b]) => a - b);
  return Object.fromEntries(
    entries.map(([status, same]) => [
      String(status),
      same.length === 1 ? { $ref: `#/components/responses/${same[0]}` } : describeError(same, book),
    ]),
  );
}

/** An answer with one of these codes, which share a status. */
export function describeError(codes: readonly ErrorCode[], book: SchemaBook): JsonObject {
  const waits = codes.some((code) => code === "rate_limited" || code === "overloaded");
  return {
    description: codes.map((code) => `\`${code}\`: ${errorEntry(code).title}`).join("; "),
    ...(waits ? { headers: { "Retry-After": { $ref: "#/components/headers/RetryAfter" } } } : {}),
    content: {
      "application/problem+json": {
        schema: book.describe(problem, "output"),
        examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
      },
    },
  };
}
