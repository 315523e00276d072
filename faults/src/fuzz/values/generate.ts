import { randomUUID } from "node:crypto";
import * as z from "zod";
import type { Random } from "../../random.ts";

type JsonSchema = z.core.JSONSchema.JSONSchema;

/** What a field of this name would hold if it were sent by somebody who lives in this world; undefined: nothing known of it. */
export type Hint = (name: string, schema: JsonSchema, random: Random) => unknown;

/** Makes values that a schema takes, as far as what it says can be followed; those of known names are from the world. */
export type Generate = (random: Random, hint: Hint) => unknown;

const OPTIONAL = 0.35;

export function generatorOf(schema: z.ZodType): Generate {
  const root = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return (random, hint) => valueOf(root, "", random, hint);
}

function valueOf(schema: JsonSchema, name: string, random: Random, hint: Hint): unknown {
  const { anyOf, type } = schema;
  if (anyOf !== undefined) {
    // null is one of two, but seldom what is wanted.
    const [first] = anyOf;
    return valueOf(random.chance(0.8) && first ? first : random.pick(anyOf), name, random, hint);
  }
  if (name !== "") {
    const known = hint(name, schema, random);
    if (known !== undefined) return known;
  }
  if (schema.enum !== undefined) return random.pick(schema.enum);
  if (schema.const !== undefined) return schema.const;
  switch (type) {
    case "object":
      return objectOf(schema, random, hint);
    case "array":
      return arrayOf(schema, name, random, hint);
    case "integer":
    case "number":
      return numberOf(schema, random);
    case "boolean":
      return random.chance(0.5);
    case "null":
      return null;
    case "string":
      return textOf(schema, random);
    case undefined:
    default:
      return random.pick([1, "x", null, true, { a: [1, "b"] }]);
  }
}

function objectOf(schema: JsonSchema, random: Random, hint: Hint): unknown {
  const { properties, required = [], additionalProperties, propertyNames } = schema;
  const made: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(properties ?? {})) {
    if (!required.includes(name) && !random.chance(OPTIONAL)) continue;
    made[name] = valueOf(inner as JsonSchema, name, random, hint);
  }
  if (properties !== undefined || typeof additionalProperties !== "object") return made;
  const names = propertyNames as JsonSchema | undefined;
  for (let count = random.between(0, 4); count > 0; count -= 1) {
    const key = names?.format === "uuid" ? hint("conversation_id", names, random) : undefined;
    const name = key ?? (names?.enum ? random.pick(names.enum) : random.pick(["mood", "a", "tags", "x y"]));
    if (typeof name === "string") made[name] = valueOf(additionalProperties, "seq", random, hint);
  }
  return made;
}

function arrayOf({ items, minItems = 0, maxItems = 4 }: JsonSchema, name: string, random: Random, hint: Hint): unknown {
  const length = random.between(minItems, Math.min(maxItems, Math.max(minItems, random.pick([1, 1, 2, 3, 8]))));
  if (typeof items !== "object" || Array.isArray(items)) return [];
  return Array.from({ length }, () => valueOf(items, name, random, hint));
}

function numberOf({ minimum = 0, maximum = Number.MAX_SAFE_INTEGER }: JsonSchema, random: Random): number {
  if (random.chance(0.1)) return minimum;
  if (random.chance(0.05)) return maximum;
  return random.between(minimum, Math.min(maximum, minimum + 500));
}

const WORDS =
  "launch friday ready when you are hello @ada @grace http://example.com/x 👍 تجربة 测试 Straße naïve :wave: *bold* `code`".split(
    " ",
  );

export function words(random: Random, most: number): string {
  return Array.from({ length: random.between(1, most) }, () => random.pick(WORDS)).join(" ");
}

function textOf(schema: JsonSchema, random: Random): string {
  const { format, pattern, minLength = 0, maxLength = 200 } = schema;
  if (format === "uuid") return randomUUID();
  if (format === "date-time") return new Date(Date.now() + random.between(-9, 9) * 3_600_000).toISOString();
  if (format === "uri") return `https://example.com/${random.between(1, 999)}`;
  if (pattern !== undefined) return `x${random.between(1, 1_000_000_000).toString(36)}`;
  if (random.chance(0.03)) return "ä".repeat(maxLength);
  if (random.chance(0.03)) return "x".repeat(minLength);
  return words(random, 12).slice(0, maxLength);
}
