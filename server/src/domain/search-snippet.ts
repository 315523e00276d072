import { WORD } from "./search-terms.ts";
import { foldWithPlaces, type FoldedText } from "./search-text.ts";

/** What is marked in a snippet, folded. */
export interface Marked {
  /** Whether this word is one of those that were found. */
  readonly isFound: (word: string) => boolean;
  /** Marked wherever they stand, in words too. */
  readonly parts: readonly string[];
}

/** From and to, in the original text. */
type Range = readonly [number, number];

/** Characters of the original text, and how many of them stand before the first hit. */
const LENGTH = 200;
const BEFORE = 60;

/**
 * About 200 characters of a message around the first thing found in it, HTML-escaped, with <mark> around everything found. Built from
 * positions: the content is only ever escaped text, so nothing in it can become markup. Accents stay as they are written.
 */
export function snippetOf(content: string, marked: Marked): string {
  const ranges = findRanges(foldWithPlaces(content), marked);
  const [from, to] = cutOut(content, ranges[0]);
  let html = from > 0 ? "…" : "";
  let at = from;
  for (const [start, end] of ranges) {
    if (end > to) break;
    html += `${escapeHtml(content.slice(at, start))}<mark>${escapeHtml(content.slice(start, end))}</mark>`;
    at = end;
  }
  return html + escapeHtml(content.slice(at, to)) + (to < content.length ? "…" : "");
}

/** In order, none touching another. */
function findRanges(text: FoldedText, { isFound, parts }: Marked): Range[] {
  const ranges: Range[] = [];
  const add = (from: number, to: number): void => void ranges.push([text.startOf(from), text.endOf(to)]);
  for (const match of text.folded.matchAll(WORD)) {
    if (isFound(match[0])) add(match.index, match.index + match[0].length);
  }
  for (const part of parts) {
    for (let at = text.folded.indexOf(part); at >= 0; at = text.folded.indexOf(part, at + part.length))
      add(at, at + part.length);
  }
  return merge(ranges);
}

function merge(ranges: readonly Range[]): Range[] {
  const merged: [number, number][] = [];
  for (const [start, end] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else merged.push([start, end]);
  }
  return merged;
}

/** Between words where there are any, and never inside of a character. */
function cutOut(content: string, first: Range | undefined): Range {
  if (content.length <= LENGTH) return [0, content.length];
  const [start, end] = first ?? [0, 0];
  const from = start <= BEFORE ? 0 : beginning(content, start - BEFORE, start);
  const wanted = Math.max(from + LENGTH, end);
  return [from, wanted >= content.length ? content.length : ending(content, wanted, end)];
}

const SPACE = /\s/u;

/** The first place after a space in `from` … `to`; otherwise `from`, moved out of a character. */
function beginning(content: string, from: number, to: number): number {
  for (let at = from; at < to; at += 1) if (SPACE.test(content.charAt(at - 1))) return at;
  return isInside(content, from) ? from + 1 : from;
}

/** The last place before a space, looking back from `to` for a while, not before `least`; otherwise `to`, moved out of a character. */
function ending(content: string, to: number, least: number): number {
  for (let at = to; at > Math.max(least, to - 30); at -= 1) if (SPACE.test(content.charAt(at))) return at;
  return isInside(content, to) ? to - 1 : to;
}

/** Between the two halves of one character. */
function isInside(content: string, at: number): boolean {
  const [before, after] = [content.charCodeAt(at - 1), content.charCodeAt(at)];
  return before >= 0xd800 && before <= 0xdbff && after >= 0xdc00 && after <= 0xdfff;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/gu, (character) => ESCAPES[character] ?? character);
}
