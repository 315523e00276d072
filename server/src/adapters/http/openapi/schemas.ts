import * as z from "zod";

export type JsonObject = Record<string, unknown>;

/** `input` is what a client writes, `output` what it reads: they differ where fields have defaults. */
export type Direction = "input" | "output";

export interface SchemaBook {
  /** The schema as JSON Schema; what has a name (`meta({ id })`) is only referred to. */
  describe(schema: z.ZodType, direction: Direction): JsonObject;
  /** Everything that was referred to, by name, in alphabetical order. */
  named(): JsonObject;
}

const REFERENCE = "#/$defs/";

/** Collects the schemas of a document. OpenAPI 3.1 speaks JSON Schema 2020-12, which zod writes. */
export function createSchemaBook(): SchemaBook {
  const named = new Map<string, JsonObject>();

  /** The name under which a definition is kept: another one where what is written differs from what is read. */
  function keep(name: string, direction: Direction, definition: JsonObject): string {
    const known = named.get(name);
    if (known === undefined || isSame(known, definition)) {
      named.set(name, definition);
      return name;
    }
    const other = `${name}${direction === "input" ? "Input" : "Output"}`;
    named.set(other, definition);
    return other;
  }

  return {
    describe(schema, direction) {
      // Inside another schema a named one becomes a reference, at the root it would not.
      const { $defs = {}, properties } = z.toJSONSchema(z.object({ root: schema }), {
        io: direction,
        unrepresentable: "any",
        override: ({ jsonSchema }) => simplify(jsonSchema as JsonObject, direction),
      }) as unknown as { $defs?: Record<string, JsonObject>; properties: { root: JsonObject } };
      const names = new Map<string, string>();
      for (const [name, { id: _, ...definition }] of Object.entries($defs))
        names.set(name, keep(name, direction, definition));
      const point = (reference: string): string => `#/components/schemas/${names.get(reference) ?? reference}`;
      for (const name of names.values()) named.set(name, repoint(named.get(name), point) as JsonObject);
      return repoint(properties.root, point) as JsonObject;
    },
    named: () => Object.fromEntries([...named].toSorted(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** Leaves out what helps no reader: the pattern of a known format, and the promise that an answer will never have more fields. */
function simplify(schema: JsonObject, direction: Direction): void {
  if (schema["format"] !== undefined) delete schema["pattern"];
  if (direction === "output" && schema["additionalProperties"] === false) delete schema["additionalProperties"];
  const { minimum, maximum } = schema as { minimum?: number; maximum?: number };
  if (minimum === Number.MIN_SAFE_INTEGER) delete schema["minimum"];
  if (maximum === Number.MAX_SAFE_INTEGER) delete schema["maximum"];
}

function isSame(a: JsonObject, b: JsonObject): boolean {
  const text = (schema: JsonObject): string => JSON.stringify(schema).replaceAll("#/components/schemas/", REFERENCE);
  return text(a) === text(b);
}

/** The same with every reference to a definition pointing to where it is kept. */
function repoint(value: unknown, point: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => repoint(item, point));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const isReference = key === "$ref" && typeof inner === "string" && inner.startsWith(REFERENCE);
      return [key, isReference ? point(inner.slice(REFERENCE.length)) : repoint(inner, point)];
    }),
  );
}
