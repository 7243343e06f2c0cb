/** Stage 1: reads a table of any content into memory: CSV of every dialect, JSONL or JSON, compressed or not. */

import { InvalidInputError } from '../domain/index.js';

import { splitCsvRecord } from './csv-fields.js';
import { cellOf, isNested, parseRow } from './json-row.js';
import { isBlank, numberIn } from './number-cells.js';
import { openTable } from './open-table.js';
import type { Frame } from './record-framer.js';
import { fieldsOfRow, textOf } from './row-decoder.js';
import { RowProblem } from './row-problem.js';
import { createFramer, detectFormat, nameOfFormat } from './table-format.js';
import type { TableFormat } from './table-format.js';
import { nameOfSource } from './table-source.js';
import type { TableSource } from './table-source.js';
import { UTF_8 } from './text-encoding.js';

export interface PlainRow {
  /** Record number in the file, from 1; refused records count. */
  readonly row: number;
  /** First physical line, from 1. */
  readonly line: number;
  /** A trimmed cell per column; '' if missing. */
  readonly cells: readonly string[];
}

export interface PlainTable {
  readonly name: string;
  /** Format, encoding and compression in words. */
  readonly description: string;
  /** False if the first line holds values; the columns are then named "column 1", "column 2" and so on. */
  readonly hasHeader: boolean;
  /** Column names without repeats. */
  readonly header: readonly string[];
  readonly rows: readonly PlainRow[];
  /** Records that do not match the header or cannot be read. */
  readonly refused: readonly { readonly line: number; readonly reason: string }[];
}

/** Max rows inspected to decide whether the first line is a header. */
const SAMPLE_ROWS = 100;

/** Throws InvalidInputError for binary formats, repeated column names, and tables without rows. */
export async function readPlainTable(source: TableSource): Promise<PlainTable> {
  const name = nameOfSource(source);
  const opened = await openTable(source);
  const format = detectFormat(name, opened.head);
  const framer = createFramer(format);
  const frames: Frame[] = [];
  for await (const chunk of opened.chunks) for (const frame of framer.push(chunk)) frames.push(frame);
  for (const frame of framer.end()) frames.push(frame);
  const records = frames.filter(({ text }) => text === null || text.trim() !== '');
  const table = format.kind === 'csv' ? csvTable(name, format, records) : jsonTable(records);
  const twice = table.header.filter((column, index) => table.header.indexOf(column) !== index);
  if (twice.length > 0) {
    const names = [...new Set(twice)].map((column) => `"${column}"`).join(', ');
    throw new InvalidInputError(
      `${name} names the column ${names} more than once. Give every column a unique name.`,
    );
  }
  if (table.rows.length === 0) {
    const [first] = table.refused;
    const why = first === undefined ? '' : ` that can be read (line ${first.line}: ${first.reason})`;
    throw new InvalidInputError(`${name} has no rows${why}.`);
  }
  const encoding = opened.encoding === UTF_8 ? '' : `, ${opened.encoding}`;
  const packed = opened.isCompressed ? ', gzip' : '';
  return { name, description: `${nameOfFormat(format)}${encoding}${packed}`, ...table };
}

type Content = Pick<PlainTable, 'hasHeader' | 'header' | 'rows' | 'refused'>;

function csvTable(
  name: string,
  format: Extract<TableFormat, { kind: 'csv' }>,
  records: readonly Frame[],
): Content {
  const [first, ...rest] = format.hasSepLine ? records.slice(1) : records;
  const cells = first?.text === null ? null : splitCsvRecord(first?.text ?? '', format);
  if (cells === null)
    throw new InvalidInputError(
      `${name}: line ${first.line} ${first.problem ?? 'has a quote in the wrong place'}.`,
    );
  const top = cells.map((cell) => cell.trim());
  const sample = rest
    .slice(0, SAMPLE_ROWS)
    .map(({ text }) => (text === null ? null : splitCsvRecord(text, format)))
    .filter((row) => row !== null);
  // R writes row names without a column name.
  const hasRowNames = sample.length > 0 && sample.every((row) => row.length === top.length + 1);
  const named = hasRowNames && top[top.length - 1] !== '' ? ['', ...top] : top;
  const hasHeader = isHeader(named, sample);
  const isEmptyLast = (width: number) =>
    width > 1 && named[width - 1] === '' && sample.every((row) => (row[width - 1] ?? '').trim() === '');
  let width = named.length;
  while (isEmptyLast(width)) width -= 1;
  const header = named
    .slice(0, width)
    .map((column, index) => (hasHeader && column !== '' ? column : `column ${index + 1}`));
  const content = contentOf(hasHeader ? rest : [first, ...rest], (text) =>
    fieldsOfRow(text, width, format).map((cell) => cell.trim()),
  );
  return { hasHeader, header, ...content };
}

function jsonTable(records: readonly Frame[]): Content {
  const objects = contentOf(records, parseRow);
  const header = [...new Set(objects.rows.flatMap(({ cells }) => Object.keys(cells)))];
  const valueIn = (cells: Record<string, unknown>, column: string) =>
    Object.hasOwn(cells, column) && !isNested(cells[column]) ? cellOf(cells[column]) : '';
  const rows = objects.rows.map(({ cells, ...place }) => ({
    ...place,
    cells: header.map((column) => valueIn(cells, column)),
  }));
  return { hasHeader: true, header, rows, refused: objects.refused };
}

function contentOf<T>(records: readonly Frame[], cellsOf: (text: string) => T) {
  const rows: { row: number; line: number; cells: T }[] = [];
  const refused: { line: number; reason: string }[] = [];
  records.forEach((frame, index) => {
    try {
      rows.push({ row: index + 1, line: frame.line, cells: cellsOf(textOf(frame)) });
    } catch (error) {
      if (!(error instanceof RowProblem)) throw error;
      refused.push({ line: frame.line, reason: error.message });
    }
  });
  return { rows, refused };
}

/**
 * A text above a mostly numeric column makes the line a header; without any such column, a line with numbers is a row.
 */
function isHeader(cells: readonly string[], sample: readonly (readonly string[])[]): boolean {
  const isNumber = (cell: string | undefined) => Number.isFinite(numberIn(cell?.trim() ?? '', false));
  const isNumeric = (cell: string | undefined) => isNumber(cell) || isNumber(cell?.replace(',', '.'));
  const isName = (cell: string, index: number) =>
    !isBlank(cell) &&
    !isNumeric(cell) &&
    sample.filter((row) => isNumeric(row[index])).length > sample.length / 2;
  return cells.some(isName) || !cells.some(isNumeric);
}
