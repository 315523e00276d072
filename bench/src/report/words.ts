import { GOALS, isReached, type RatioName } from "../scenario.ts";

/** 9,321 · 72.4 · 0.512 */
export function number(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en");
  return Number(value.toPrecision(3)).toLocaleString("en", { maximumFractionDigits: 3 });
}

export function goalOf(name: RatioName): string {
  const goal: { least?: number | undefined; most?: number } = GOALS[name];
  if (goal.least !== undefined) return `≥ ${goal.least}`;
  return goal.most === undefined ? "–" : `≤ ${goal.most}`;
}

export function verdictOf(name: RatioName, value: number | undefined): string {
  if (value === undefined) return "not measured";
  const reached = isReached(name, value);
  return reached === undefined ? "–" : reached ? "reached" : "missed";
}

export function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
