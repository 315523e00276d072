import { readFileSync } from "node:fs";
import { ValueError } from "./values.ts";

export type Variables = Readonly<Record<string, string | undefined>>;

/** Everything that is wrong with the settings, one line each. */
export class ConfigurationError extends Error {
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(mistakes.join("\n"));
    this.mistakes = mistakes;
  }
}

/** What the environment says: texts by name, and the mistakes found while reading them. */
export interface Environment {
  /** The parsed value, or the fallback when it is not set or bad; a bad one is noted. Empty counts as not set. */
  read<T, F>(name: string, parse: (text: string) => T, fallback: F): T | F;
  /** The same for a secret, which may be in the file that `<name>_FILE` names. */
  secret<T>(name: string, parse: (text: string) => T): T | undefined;
  has(name: string): boolean;
  mistake(line: string): void;
  readonly mistakes: readonly string[];
  /** PARLEY_… variables that nobody has read: most likely misspelt. */
  unread(): string[];
}

export function readEnvironment(variables: Variables): Environment {
  const mistakes: string[] = [];
  const known = new Set<string>();
  const textOf = (name: string): string | undefined => {
    known.add(name);
    return variables[name]?.trim() || undefined;
  };

  function parsed<T, F>(name: string, text: string | undefined, parse: (text: string) => T, fallback: F): T | F {
    if (text === undefined) return fallback;
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      mistakes.push(`${name} ${error.message}`);
      return fallback;
    }
  }

  function secretText(name: string): string | undefined {
    const direct = textOf(name);
    const file = textOf(`${name}_FILE`);
    if (file === undefined) return direct;
    if (direct !== undefined) mistakes.push(`${name} and ${name}_FILE are both set: keep one`);
    try {
      return readFileSync(file, "utf8").trim() || undefined;
    } catch (error) {
      const reason = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
      mistakes.push(`${name}_FILE cannot be read (${reason}): ${file}`);
      return undefined;
    }
  }

  return {
    read: (name, parse, fallback) => parsed(name, textOf(name), parse, fallback),
    secret: (name, parse) => parsed(name, secretText(name), parse, undefined),
    has: (name) => textOf(name) !== undefined || textOf(`${name}_FILE`) !== undefined,
    mistake: (line) => void mistakes.push(line),
    mistakes,
    unread: () =>
      Object.keys(variables)
        .filter((name) => name.startsWith("PARLEY_") && !known.has(name))
        .toSorted(),
  };
}
