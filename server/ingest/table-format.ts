/** Stage 1: detects the format of a table from its name and beginning. */

import { extname } from 'node:path';

import { InvalidInputError } from '../domain/index.js';

import { hasQuotes, splitCsvRecord } from './csv-fields.js';
import type { CsvDialect } from './csv-fields.js';
import { ObjectFramer } from './object-framer.js';
import { RecordFramer } from './record-framer.js';
import type { Framer } from './record-framer.js';

export type TableFormat =
  | ({
      readonly kind: 'csv';
      readonly lineEnd: 10 | 13;
      /** The first line is `sep=;` and not a row. */ readonly hasSepLine: boolean;
    } & CsvDialect)
  /** An object per line. */
  | { readonly kind: 'jsonl' }
  /** An array of objects, or objects over several lines. */
  | { readonly kind: 'json' };

/** By precedence among equal matches. */
const DELIMITERS = ['::', '\t', ';', ',', '|'] as const;
const LOOKED_AT_LINES = 50;
const SEP_LINE = /^sep=(.)\r?$/i;

/** Throws InvalidInputError for Python literals that resemble JSON. */
export function detectFormat(name: string, head: Buffer, delimiter?: string): TableFormat {
  const text = head.toString('utf8').replace(/^\uFEFF/, '');
  const start = text.trimStart();
  const extension = extname(name.replace(/\.gz$/i, '')).toLowerCase();
  if (delimiter === undefined && /^[[{]/.test(start)) {
    refusePython(name, text);
    // A complete object on a line is JSONL; an object over several lines is framed by its brackets.
    if (start.startsWith('[') || /^\{\s*[\r\n]/.test(start)) return { kind: 'json' };
    return { kind: 'jsonl' };
  }
  if (delimiter === undefined && ['.jsonl', '.ndjson'].includes(extension)) return { kind: 'jsonl' };
  const lineEnd = !text.includes('\n') && text.includes('\r') ? 13 : 10;
  const lines = text.split(lineEnd === 13 ? '\r' : '\n').filter((line) => line.trim() !== '');
  // The last line may be cut off.
  const whole = (lines.length > 1 ? lines.slice(0, -1) : lines).slice(0, LOOKED_AT_LINES);
  const sep = SEP_LINE.exec(whole[0] ?? '');
  const rows = (sep === null ? whole : whole.slice(1)).map((line) => line.replace(/\r$/, ''));
  const dialect = { delimiter: delimiter ?? sep?.[1] ?? delimiterOf(rows) };
  return { kind: 'csv', ...dialect, escape: escapeOf(rows, dialect), lineEnd, hasSepLine: sep !== null };
}

export function createFramer(format: TableFormat): Framer {
  if (format.kind === 'json') return new ObjectFramer();
  if (format.kind === 'jsonl') return new RecordFramer({ hasQuotes: false });
  return new RecordFramer({ hasQuotes: hasQuotes(format), dialect: format, lineEnd: format.lineEnd });
}

/** Format name for the summary. */
export function nameOfFormat(format: TableFormat): string {
  if (format.kind === 'jsonl') return 'JSONL';
  if (format.kind === 'json') return 'JSON';
  const names: Readonly<Record<string, string>> = {
    ',': 'commas',
    '\t': 'tabs',
    ';': 'semicolons',
    '|': 'pipes',
  };
  return `CSV with ${names[format.delimiter] ?? `"${format.delimiter}"`}`;
}

/**
 * The delimiter with the most lines that split into as many fields as the first line; on a tie, the delimiter with more
 * fields.
 */
function delimiterOf(lines: readonly string[]): string {
  let best = { delimiter: ',', agreement: 0, nFields: 1 };
  for (const delimiter of DELIMITERS) {
    const counts = lines.map((line) => fieldsIn(line, delimiter));
    const nFields = counts[0] ?? 1;
    if (nFields < 2) continue;
    // Without a header line, 0,5;1,5 is two decimal numbers rather than three fields.
    if (delimiter === ',' && best.agreement === 1 && lines.every(hasDecimalCommasOnly)) continue;
    const agreement = counts.filter((count) => Math.abs(count - nFields) <= 1).length / counts.length;
    if (agreement > best.agreement || (agreement === best.agreement && nFields > best.nFields))
      best = { delimiter, agreement, nFields };
  }
  return best.delimiter;
}

function hasDecimalCommasOnly(line: string): boolean {
  return !/(?<!\d),|,(?!\d)/.test(line);
}

function fieldsIn(line: string, delimiter: string): number {
  return (splitCsvRecord(line, { delimiter }) ?? line.split(delimiter)).length;
}

/** MySQL and the Book-Crossing files write \" for a quote inside quotes. */
function escapeOf(lines: readonly string[], dialect: CsvDialect): '"' | '\\' {
  const isBackslashed = lines.some(
    (line) =>
      line.includes('\\"') &&
      splitCsvRecord(line, dialect) === null &&
      splitCsvRecord(line, { ...dialect, escape: '\\' }) !== null,
  );
  return isBackslashed ? '\\' : '"';
}

const PYTHON = /^\s*\[?\s*\{\s*u?'/;

/** Rejects Python dumps with texts in single quotes, which are not JSON. */
function refusePython(name: string, text: string): void {
  const lines = text.split('\n');
  const line = lines.findIndex((one) => one.trim() !== '');
  if (!PYTHON.test(lines.slice(line, line + 2).join(''))) return;
  throw new InvalidInputError(
    `${name}, line ${line + 1}, is a Python literal with texts in single quotes, not JSON; write the rows with json.dumps.`,
  );
}
