/** The ILIKE pattern for texts that contain `text` as it was typed: %, _ and \ are characters. */
export function containing(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
}
