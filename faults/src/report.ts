import { INVARIANTS, type Invariant, type Violation } from "./checker/facts.ts";
import type { Note } from "./client/journal.ts";
import { FAULTS } from "./faults.ts";
import type { Results } from "./results.ts";

const LONGEST_HISTORY = 40;

/** The notes that concern a violation: of its subject, or else of its conversation around its version, between the faults. */
export function historyOf(violation: Violation, notes: readonly Note[]): Note[] {
  const { subject, conversationId, version, client } = violation;
  const concerns = (note: Note): boolean => {
    if (note.who === "harness") return true;
    if (subject !== undefined && note.subject === subject) return true;
    if (note.conversationId === undefined) return client !== undefined && note.who === client;
    if (note.conversationId !== conversationId || version === undefined) return false;
    const isNear = note.version !== undefined && Math.abs(note.version - version) <= 2;
    return isNear && (client === undefined || note.who === client);
  };
  const found = notes.filter(concerns).filter((note, index, all) => !isRepeated(note, all[index + 1]));
  const own = found.findIndex((note) => note.who !== "harness");
  // Faults that were over before the subject was first heard of say nothing.
  const relevant = own < 0 ? found : found.slice(Math.max(0, own - 2));
  return relevant.slice(-LONGEST_HISTORY);
}

/** Of attempts to connect in a row the last one tells enough. */
function isRepeated(note: Note, next: Note | undefined): boolean {
  return (
    next !== undefined &&
    note.conversationId === undefined &&
    note.who !== "harness" &&
    note.who === next.who &&
    note.text === next.text
  );
}

/**
 * Of each invariant the violation with the shortest history: that is where to begin. What keeps the service from coming back is
 * told in full, since it is one thing that shows in many ways and the one that says why may be any of them.
 */
export function worthTelling(violations: readonly Violation[], notes: readonly Note[]): string[] {
  const shortest = new Map<Invariant, { readonly violation: Violation; readonly text: string }>();
  for (const violation of violations) {
    const text = describeViolation(violation, notes);
    const found = shortest.get(violation.invariant);
    if (!found || text.length < found.text.length) shortest.set(violation.invariant, { violation, text });
  }
  const told = [...shortest.values()];
  const others = violations.filter(
    (each) => each.invariant === "L" && told.every(({ violation }) => violation !== each),
  );
  return [...told.map(({ text }) => text), ...others.map(({ text }) => `L  ${text}`)];
}

function describeViolation(violation: Violation, notes: readonly Note[]): string {
  const { invariant, text, conversationId, subject } = violation;
  const lines = [`${invariant}  ${text}`, `    must hold: ${INVARIANTS[invariant]}`];
  if (conversationId !== undefined)
    lines.push(`    conversation ${conversationId}${subject === undefined ? "" : `, subject ${subject}`}`);
  for (const note of historyOf(violation, notes)) {
    const place = [note.version === undefined ? "" : `v${note.version}`, note.subject ?? ""].filter(Boolean).join(" ");
    lines.push(
      `    ${String(note.at).padStart(8)} ms  ${note.who.padEnd(8)} ${note.text}${place ? `  [${place}]` : ""}`,
    );
  }
  return lines.join("\n");
}

/** A row for each fault. */
export function summaryTable(faults: Results["faults"]): string {
  const width = Math.max(...Object.keys(FAULTS).map((name) => name.length), 5);
  const seconds = (milliseconds: number): string => `${(milliseconds / 1_000).toFixed(1)} s`;
  return [
    `${"fault".padEnd(width)}  alone  mixed  violations  back after (median, worst)`,
    ...Object.entries(faults).map(
      ([name, { alone, mixed, bad, medianMs, worstMs }]) =>
        `${name.padEnd(width)}  ${String(alone).padStart(5)}  ${String(mixed).padStart(5)}  ${String(bad).padStart(10)}  ${seconds(medianMs)}, ${seconds(worstMs)}`,
    ),
  ].join("\n");
}

export function countByInvariant(violations: readonly Violation[]): Partial<Record<Invariant, number>> {
  const counts: Partial<Record<Invariant, number>> = {};
  for (const { invariant } of violations) counts[invariant] = (counts[invariant] ?? 0) + 1;
  return counts;
}
