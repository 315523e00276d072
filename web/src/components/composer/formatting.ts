/** What is selected of a text, from and to. */
export interface Selection {
  readonly from: number;
  readonly to: number;
}

const MARKS: Readonly<Record<string, string>> = { b: "**", i: "_", e: "`" };

/** Puts the marks of a key (with Ctrl or Cmd) around what is selected, or takes them away. Undefined for other keys. */
export function formatted(
  text: string,
  { from, to }: Selection,
  key: string,
): (Selection & { readonly text: string }) | undefined {
  const mark = MARKS[key];
  if (mark === undefined) return undefined;
  const { length } = mark;
  const chosen = text.slice(from, to);
  if (text.slice(from - length, from) === mark && text.slice(to, to + length) === mark)
    return {
      text: text.slice(0, from - length) + chosen + text.slice(to + length),
      from: from - length,
      to: to - length,
    };
  return { text: text.slice(0, from) + mark + chosen + mark + text.slice(to), from: from + length, to: to + length };
}
