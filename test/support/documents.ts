/** The documents for people, and their blocks of code, links and commands, for the tests that keep them true. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Document {
  /** From the root, such as `docs/operate.md`. */
  readonly path: string;
  readonly text: string;
}

/** A fenced block of code. */
export interface Block {
  /** The heading above it. */
  readonly title: string;
  readonly language: string;
  readonly code: string;
}

/** `npm run NAME [-- OPTIONS]` as a document shows it. */
export interface ShownCommand {
  readonly path: string;
  readonly name: string;
  /** Without the leading dashes. */
  readonly options: readonly string[];
}

/** Every Markdown file of the root and of `docs`. */
export function readDocuments(): Document[] {
  const paths = ['', 'docs/'].flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}${name}`),
  );
  return paths.sort().map(readDocument);
}

export function readDocument(path: string): Document {
  return { path, text: readFileSync(join(ROOT, path), 'utf8') };
}

export function blocksIn({ text }: Pick<Document, 'text'>): Block[] {
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(({ 1: language, 2: code, index }) => {
    const titles = [...text.slice(0, index).matchAll(/^#+ (.+)$/gm)];
    return { title: titles.at(-1)?.[1] ?? '', language: language!, code: code! };
  });
}

/** Targets of links and pictures. */
export function linksIn({ text }: Pick<Document, 'text'>): string[] {
  return [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!);
}

/** The anchors of its headings, as GitHub makes them. */
export function anchorsIn({ text }: Pick<Document, 'text'>): string[] {
  return [...withoutCode(text).matchAll(/^#+ (.+)$/gm)].map(({ 1: title }) =>
    title!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  );
}

/** The text of a command ends with its line or its code span; in tables, `\|` stands for `|`. */
export function commandsIn({ path, text }: Document): ShownCommand[] {
  return [...text.matchAll(/npm (?:run|start) ?(?:--silent )?([a-z][\w:-]*)?([^`\n#)]*)/g)]
    .filter(({ 0: whole, 1: name }) => whole.startsWith('npm run') && name !== undefined)
    .map(({ 1: name, 2: rest }) => ({
      ...{ path, name: name! },
      options: [...rest!.matchAll(/(?<=[\s[])--([a-z][a-z-]*)/g)].map((match) => match[1]!),
    }));
}

function withoutCode(text: string): string {
  return text.replace(/^```.*?^```$/gms, '').replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()]/g, ''));
}
