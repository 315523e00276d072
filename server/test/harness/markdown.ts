import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** A fenced block: what stands behind its language says what it is for. */
export interface CodeBlock {
  readonly language: string;
  readonly info: string;
  readonly code: string;
  /** 1 is the first line of the file. */
  readonly line: number;
}

export interface MarkdownFile {
  /** From the root of the repository. */
  readonly path: string;
  readonly blocks: readonly CodeBlock[];
  /** The text without its fenced blocks. */
  readonly prose: string;
}

export function readMarkdown(path: string): MarkdownFile {
  const blocks: CodeBlock[] = [];
  const prose: string[] = [];
  let open: { fence: string; words: string; line: number; code: string[] } | undefined;
  for (const [index, text] of readFileSync(join(ROOT, path), "utf8").split("\n").entries()) {
    const [, fence, words = ""] = /^(`{3,})(.*)$/.exec(text) ?? [];
    if (open && fence === open.fence && words === "") {
      const [language = "", ...info] = open.words.split(" ");
      blocks.push({ language, info: info.join(" "), code: open.code.join("\n"), line: open.line });
      open = undefined;
    } else if (open) open.code.push(text);
    else if (fence) open = { fence, words, line: index + 1, code: [] };
    else prose.push(text);
  }
  if (open) throw new Error(`${path}:${open.line}: the block does not end`);
  return { path, blocks, prose: prose.join("\n") };
}

/** All documentation, from the root of the repository. */
export function documentationFiles(): string[] {
  const top = readdirSync(ROOT).filter((name) => name.endsWith(".md"));
  return [...top, ...below(join(ROOT, "docs")).filter((path) => path.endsWith(".md"))];
}

function below(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    return entry.isDirectory() ? below(path) : [relative(ROOT, path)];
  });
}

/** Targets of links in the prose, without those in code. */
export function linksIn({ prose }: MarkdownFile): string[] {
  return [...prose.replaceAll(/`[^`\n]*`/g, "").matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
}

/** Texts in backticks. */
export function codeSpansIn({ prose }: MarkdownFile): string[] {
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(([, text = ""]) => text);
}

/** Anchors as GitHub makes them: of the headings (numbered from the second of the same text on), and those that are written out. */
export function anchorsIn({ prose }: MarkdownFile): Set<string> {
  const counts = new Map<string, number>();
  const headings = [...prose.matchAll(/^#+ (.+)$/gm)].map(([, text = ""]) => {
    const anchor = text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replaceAll(" ", "-");
    const count = counts.get(anchor) ?? 0;
    counts.set(anchor, count + 1);
    return count === 0 ? anchor : `${anchor}-${count}`;
  });
  const written = [...prose.matchAll(/<a id="([^"]+)">/g)].map(([, anchor = ""]) => anchor);
  return new Set([...headings, ...written]);
}
