import { ERROR_CODES, errorEntry, problemType, type Endpoint, type ErrorCode } from "@parley/protocol";
import { describeError, describeOperation, templatePath } from "./openapi/operations.ts";
import { createSchemaBook, type JsonObject } from "./openapi/schemas.ts";

const DESCRIPTION = `The HTTP interface of Parley, a messaging service. Every request but the operational ones carries a bearer token:
a JWT of a user or of the host application's backend (a service token), or the token of an agent.

Errors are problem documents (RFC 9457); \`code\` says which one it is. Lists are \`{ items, next_cursor }\`: go on with \`?cursor=\`
until \`next_cursor\` is null. A send that names the message with \`id\` may be repeated safely.`;

/** The API as an OpenAPI 3.1 document, written from the same definitions that validate its requests. */
export function describeApi(endpoints: readonly Endpoint[], version: string): JsonObject {
  const book = createSchemaBook();
  const paths: Record<string, JsonObject> = {};
  // Templates that differ in the names of their parameters alone are one path to OpenAPI: the first one names them.
  const templates = new Map<string, string>();
  for (const endpoint of endpoints) {
    const shape = endpoint.path.replaceAll(/:\w+/g, ":");
    const template = templates.get(shape) ?? templatePath(endpoint.path);
    templates.set(shape, template);
    const path = (paths[template] ??= {});
    path[endpoint.method.toLowerCase()] = describeOperation(endpoint, template, book);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Parley",
      version,
      description: DESCRIPTION,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/", description: "This instance" }],
    security: [{ bearer: [] }],
    tags: [...new Set(endpoints.map((endpoint) => endpoint.tag))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: { bearer: { type: "http", scheme: "bearer", description: "A JWT or the token of an agent" } },
      parameters: PARAMETERS,
      responses: Object.fromEntries(ERROR_CODES.map((code) => [code, describeError([code], book)])),
      headers: {
        RetryAfter: { description: "Seconds until trying again makes sense", schema: { type: "integer", minimum: 1 } },
      },
      examples: Object.fromEntries(ERROR_CODES.map((code) => [code, exampleOf(code)])),
      schemas: book.named(),
    },
  };
}

const PARAMETERS: JsonObject = {
  ActAs: {
    name: "Parley-Act-As",
    in: "header",
    description: "With a service token: the id of the user to act for",
    schema: { type: "string", format: "uuid" },
  },
  IdempotencyKey: {
    name: "Idempotency-Key",
    in: "header",
    description: "The same as `id` in the body: names the message, so that sending it again is safe",
    schema: { type: "string", format: "uuid" },
  },
};

function exampleOf(code: ErrorCode): JsonObject {
  const { status, title, description } = errorEntry(code);
  const value: JsonObject = {
    type: problemType(code),
    title,
    status,
    detail: description,
    code,
    request_id: "8f3a61c20b9e-1x",
  };
  if (code === "validation_failed") value["errors"] = [{ path: "body.content", message: "Must not be empty" }];
  if (code === "rate_limited" || code === "overloaded") value["retry_after_seconds"] = 1;
  return { summary: title, value };
}
