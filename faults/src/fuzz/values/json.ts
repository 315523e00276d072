/** A piece of JSON, or of what is none, that is written as it is. */
export class Verbatim {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** An object that may have a key twice, or one that JavaScript gives a meaning of its own. */
export class Pairs {
  readonly entries: readonly (readonly [string, unknown])[];

  constructor(entries: readonly (readonly [string, unknown])[]) {
    this.entries = entries;
  }
}

/** The value as JSON, with what only the two classes above can say. */
export function writeJson(value: unknown): string {
  if (value instanceof Verbatim) return value.text;
  if (value instanceof Pairs) return writeObject(value.entries);
  if (Array.isArray(value)) return `[${value.map(writeJson).join(",")}]`;
  if (typeof value === "object" && value !== null) return writeObject(Object.entries(value));
  return JSON.stringify(value) ?? "null";
}

function writeObject(entries: readonly (readonly [string, unknown])[]): string {
  return `{${entries
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${JSON.stringify(key)}:${writeJson(value)}`)
    .join(",")}}`;
}
