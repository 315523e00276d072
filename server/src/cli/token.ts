import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import { SignJWT } from "jose";
import { loadSettings } from "../config/load.ts";
import { loadSecrets } from "../config/secrets.ts";
import { ValueError, duration } from "../config/values.ts";
import { CommandError } from "./terminal.ts";
import type { Outcome, Terminal } from "./terminal.ts";

const DEFAULT_TTL = "30d";

interface TokenFlags {
  readonly user?: string;
  readonly name?: string;
  readonly admin?: boolean;
  readonly staff?: boolean;
  readonly service?: boolean;
  readonly ttl: number;
}

export function tokenCommand(program: Command, terminal: Terminal, finish: (code: number) => void): void {
  program
    .command("token")
    .description("print a token for a user or a service, signed with this installation's secret")
    .option("-u, --user <id>", "the user's external id (claim sub)")
    .option("-n, --name <name>", "the name to show")
    .option("--admin", "may administer the instance")
    .option("--staff", "serves support conversations")
    .option("--service", "the host application's backend: may act for users and post notices")
    .addOption(ttlOption())
    .addHelpText(
      "after",
      '\nExample:\n  curl -H "Authorization: Bearer $(npx parley token --user ada)" localhost:8080/v1/users/me',
    )
    .action(async (flags: TokenFlags) => finish(await printToken(terminal, flags)));
}

function ttlOption(): Option {
  return new Option("--ttl <duration>", "how long it is valid, like 15m or 12h")
    .argParser(parseTtl)
    .default(duration(DEFAULT_TTL), DEFAULT_TTL);
}

function parseTtl(text: string): number {
  try {
    const milliseconds = duration(text);
    if (milliseconds >= 1000) return milliseconds;
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
  }
  throw new InvalidArgumentError("A duration of at least a second, like 15m, 12h or 30d.");
}

async function printToken(terminal: Terminal, flags: TokenFlags): Outcome {
  const subject = flags.user ?? (flags.service === true ? "service" : undefined);
  if (subject === undefined || subject.trim() === "") throw new CommandError("say for whom: --user <id>, or --service");
  const { config, given } = loadSettings(terminal.variables);
  const { jwtSecret } = loadSecrets(given, config.dataDirectory);
  const now = Math.floor(Date.now() / 1000);
  const token = new SignJWT(claimsOf(flags))
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setSubject(subject)
    .setIssuedAt(now)
    .setExpirationTime(now + Math.floor(flags.ttl / 1000));
  if (config.auth.issuer !== undefined) token.setIssuer(config.auth.issuer);
  if (config.auth.audience !== undefined) token.setAudience(config.auth.audience);
  terminal.write(await token.sign(new TextEncoder().encode(jwtSecret)));
  return 0;
}

function claimsOf({ name, admin, staff, service }: TokenFlags): Record<string, unknown> {
  return {
    ...(name === undefined ? {} : { name }),
    ...(admin === true ? { admin: true } : {}),
    ...(staff === true ? { staff: true } : {}),
    ...(service === true ? { scope: "service" } : {}),
  };
}
