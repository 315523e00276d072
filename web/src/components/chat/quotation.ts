/** Each line behind a >, as markdown has it, and room for what one says to it. */
export function quotationOf(content: string): string {
  return `${content
    .split("\n")
    .map((line) => `> ${line}`)
    .join("\n")}\n\n`;
}
