/**
 * Turns of phrase that this repository does not use: inverted or riddling ones, for which a plain one exists. To hold
 * another folder to the list, add it to `HELD`.
 */

import type { SourceFile } from './source-files.js';

/** What is refused, and what to write instead. */
export const FORBIDDEN_TURNS: readonly { readonly turn: RegExp; readonly instead: string }[] = [
  { turn: /\bwhoever\b/i, instead: 'name the reader, the caller or the user' },
  { turn: /\b(somebody|someone)\b/i, instead: 'name the user, the caller or the instance' },
  { turn: /\bheed(s|ed|ing)?\b/i, instead: 'follow, handle, on…' },
  { turn: /\b(is|are|was|were) another now\b/i, instead: 'has changed' },
  { turn: /\b(let|lets|letting) go of\b/i, instead: 'release, drop' },
  { turn: /\bforete(ll|lls|lling|old)\b/i, instead: 'predict' },
  { turn: /\b(hear|hears|heard|hearing) of\b/i, instead: 'subscribe to, receive, read' },
  { turn: /\b(tell|tells|told|informative) of\b/i, instead: 'publish, announce, describe' },
];

const CODE = ['.ts', '.vue', '.mjs'];

/** What is held to the list: files of these folders with these endings. `.` is the root alone. */
export const HELD: readonly { readonly folder: string; readonly endings: readonly string[] }[] = [
  { folder: '.', endings: ['.md', '.env.example'] },
  { folder: 'docs', endings: ['.md'] },
  ...['client', 'jobs', 'schema', 'scripts', 'server'].map((folder) => ({ folder, endings: CODE })),
];

/** One line per forbidden turn: `path:line "turn": instead`. */
export function forbiddenTurns(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) =>
      FORBIDDEN_TURNS.flatMap(({ turn, instead }) => {
        const found = turn.exec(line);
        return found === null ? [] : [`${path}:${index + 1} "${found[0]}": ${instead}`];
      }),
    ),
  );
}
