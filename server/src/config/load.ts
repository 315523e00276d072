import { readConfig } from "./config.ts";
import type { Config } from "./config.ts";
import { ConfigurationError, readEnvironment } from "./env.ts";
import type { Variables } from "./env.ts";
import { readSecrets } from "./secrets.ts";
import type { GivenSecrets } from "./secrets.ts";

export interface Settings {
  readonly config: Config;
  readonly given: GivenSecrets;
  /** Not wrong, but most likely not meant; one line each. */
  readonly warnings: readonly string[];
}

/** Reads all settings. Throws ConfigurationError with one line for each mistake. Touches no file but `…_FILE`. */
export function loadSettings(variables: Variables): Settings {
  const env = readEnvironment(variables);
  const config = readConfig(env);
  const given = readSecrets(env);
  if (env.mistakes.length > 0) throw new ConfigurationError(env.mistakes);
  const warnings = env.unread().map((name) => `${name} is not a setting of this version and has no effect`);
  return { config, given, warnings };
}
