/** One thing the doctor looked at. A warning works but deserves a look; a failure keeps Parley from working. */
export interface Finding {
  readonly state: "ok" | "warning" | "failure";
  readonly line: string;
}

export const ok = (line: string): Finding => ({ state: "ok", line });
export const warning = (line: string): Finding => ({ state: "warning", line });
export const failure = (line: string): Finding => ({ state: "failure", line });

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
