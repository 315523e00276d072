const LONGEST = 200;

/** One line of what a message says, without its marks: for previews. */
export function plainText(markdown: string): string {
  return markdown
    .slice(0, LONGEST * 2)
    .replaceAll(/```\w*|[*`]{1,3}(?=\S)|(?<=\S)[*`]{1,3}|~~|(?<!\w)_+(?=\S)|(?<=\S)_+(?!\w)|^#+\s|^>\s?/gmu, "")
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/gu, "$1")
    .replaceAll(/\s+/gu, " ")
    .trim()
    .slice(0, LONGEST);
}
