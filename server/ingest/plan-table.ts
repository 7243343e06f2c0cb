/**
 * Stage 1: detects how to read a table before any row is used: encoding, format, header line, columns, form of its
 * times, list separators, rating scale. Options given by the caller override detection. An ambiguous table throws
 * InvalidInputError with the question and the flag that answers it.
 *
 * A file without a header line has user ids in its first row, so error messages never include that row.
 */

import { InvalidInputError } from '../domain/index.js';

import { columnsFor, fieldsOf, isUserColumn } from './column-names.js';
import type { FieldRule, TableKind } from './column-names.js';
import { splitCsvRecord } from './csv-fields.js';
import { isNumber } from './fields.js';
import { NOTHING_GIVEN } from './given-mapping.js';
import type { GivenMapping } from './given-mapping.js';
import { categorySeparator, tagSeparator } from './item-values.js';
import { cellOf, isNested, parseRow } from './json-row.js';
import { openTable } from './open-table.js';
import { TOO_LONG } from './record-framer.js';
import type { Frame } from './record-framer.js';
import type { TableRow } from './row-decoder.js';
import { RatingCounts, ratingRule } from './rating-scale.js';
import { RowProblem } from './row-problem.js';
import { shownNames } from './shown-names.js';
import { createFramer, detectFormat } from './table-format.js';
import type { TableFormat } from './table-format.js';
import type { TableMapping } from './table-mapping.js';
import { readTable } from './table-reader.js';
import { nameOfSource } from './table-source.js';
import type { TableSource } from './table-source.js';
import { dateOrderOf, isEarlyNumber, isSpreadsheetDay, timeFormOf } from './time-values.js';
import type { TimeForm } from './time-values.js';

export interface PlanOptions {
  readonly given?: GivenMapping;
  /** Ms since the epoch. */
  readonly now: number;
}

/** Max rows inspected. */
const SAMPLE_ROWS = 1_000;
const MAX_COLUMNS = 2_000;
/** A file with a higher share of times in the 1970s is rejected. */
const MAX_EARLY_SHARE = 0.5;
/** A column number, from 1. */
const POSITION = /^[1-9]\d{0,3}$/;
const SHOWN_COLUMNS = 20;
const SHOWN_CHARACTERS = 40;

/** Properties of a table known before its fields are looked up. */
export interface Sample {
  readonly name: string;
  readonly hasHeader: boolean;
  readonly header: readonly string[];
  readonly nested: readonly string[];
  /** The cells of a column; '' if missing. */
  cells(column: string): string[];
}

/** Reads the beginning of a table; for ratings, the whole table. Throws InvalidInputError. */
export async function planTable(
  source: TableSource,
  kind: TableKind,
  { given = NOTHING_GIVEN, now }: PlanOptions,
): Promise<TableMapping> {
  const { format, encoding, isCompressed, sample } = await lookAt(source, kind, given);
  const columns = requiredColumns(sample, kind, given);
  const first = (field: string) => sample.cells(columns.get(field)?.[0] ?? '').filter((cell) => cell !== '');
  const times = first(kind === 'items' ? 'createdAt' : 'timestamp');
  const timeForm = formOfTimes(times, now);
  if (kind !== 'items') refuseEarlyTimes(sample, columns, times, timeForm);
  const mapping: TableMapping = {
    kind,
    name: sample.name,
    format,
    encoding,
    isCompressed,
    hasHeader: sample.hasHeader,
    header: sample.header,
    columns,
    nested: sample.nested,
    timeForm,
    dateOrder: given.dates ?? dateOrderOf(times),
    categorySeparator: categorySeparator(first('category')),
    tagSeparator: tagSeparator(first('tags')),
    rule: null,
    given,
  };
  if (kind !== 'ratings') return mapping;
  return { ...mapping, rule: ratingRule(sample.name, await countRatings(source, mapping), given) };
}

/** Inspects the beginning of a table. Throws InvalidInputError if it is not a table. */
export async function lookAt(
  source: TableSource,
  kind: TableKind,
  given: GivenMapping,
): Promise<Pick<TableMapping, 'format' | 'encoding' | 'isCompressed'> & { readonly sample: Sample }> {
  const name = nameOfSource(source);
  const table = await openTable(source, given.encoding);
  await table.chunks[Symbol.asyncIterator]().return?.();
  const { encoding, isCompressed } = table;
  const format = detectFormat(name, table.head, given.delimiter);
  const sample =
    format.kind === 'csv' ? csvSample(name, kind, format, table, given) : jsonSample(name, format, table);
  return { format, encoding, isCompressed, sample };
}

/** The given columns missing from this table, as `FIELD=COLUMN`. */
export function unusedColumns({ header, given, kind }: TableMapping): string[] {
  const isField = (field: string) => fieldsOf(kind).some((rule) => rule.field === field);
  return [...given.columns]
    .filter(
      ([field, column]) => !isField(field) || (column !== '' && columnGiven(header, column) === undefined),
    )
    .map(([field, column]) => `${field}=${column}`);
}

/**
 * Counts rating values. For CSV it reads only the rating column, without converting rows: this extra pass over a large
 * file is noticeable.
 */
async function countRatings(source: TableSource, mapping: TableMapping): Promise<RatingCounts> {
  const counts = new RatingCounts();
  const { format, header } = mapping;
  if (format.kind === 'csv') {
    const index = header.indexOf(mapping.columns.get('rating')?.[0] ?? '');
    const framer = createFramer(format);
    const count = ({ text }: Frame) => {
      const cell = text === null ? undefined : splitCsvRecord(text, format)?.[index];
      if (cell !== undefined) counts.add(cell);
    };
    const { chunks, isBeginning } = await openTable(source, mapping.encoding);
    for await (const chunk of chunks) framer.push(chunk).forEach(count);
    if (!isBeginning) framer.end().forEach(count);
    return counts;
  }
  const index = fieldsOf('ratings').findIndex(({ field }) => field === 'rating');
  const convert = ({ values }: TableRow) => {
    counts.add(values[index]);
    return null;
  };
  for await (const _batch of readTable(source, mapping, { convert }));
  return counts;
}

function framesOf(format: TableFormat, head: Buffer, isWhole: boolean) {
  const framer = createFramer(format);
  const frames = framer.push(head);
  return isWhole ? [...frames, ...framer.end()] : frames;
}

function csvSample(
  name: string,
  kind: TableKind,
  format: Extract<TableFormat, { kind: 'csv' }>,
  { head, isWhole }: { head: Buffer; isWhole: boolean },
  given: GivenMapping,
): Sample {
  const frames = framesOf(format, head, isWhole).filter(({ text }) => text === null || text.trim() !== '');
  const [first, ...rest] = format.hasSepLine ? frames.slice(1) : frames;
  if (first === undefined)
    throw new InvalidInputError(isWhole ? `${name} is empty.` : `${name}: the header line ${TOO_LONG}.`);
  if (first.text === null) throw new InvalidInputError(`${name}: the header line ${first.problem}.`);
  const cells = splitCsvRecord(first.text, format)?.map((cell) => cell.trim()) ?? null;
  if (cells === null) throw new InvalidInputError(`${name}: the header line has a quote in the wrong place.`);
  refuseTooMany(name, cells.length);
  const rows = rest
    .slice(0, SAMPLE_ROWS)
    .map(({ text }) => (text === null ? null : splitCsvRecord(text, format)))
    .filter((row) => row !== null);
  const hasHeader = isHeader(cells, rows[0], kind, given);
  if (!hasHeader) rows.unshift(cells);
  while (!hasHeader && cells.length > 1 && cells[cells.length - 1] === '') cells.pop();
  const header = hasHeader ? cells : cells.map((_, index) => String(index + 1));
  return {
    name,
    hasHeader,
    header,
    nested: [],
    cells(column) {
      const index = header.indexOf(column);
      if (index < 0) return [];
      return rows.map((row) => (row[index] ?? '').trim());
    },
  };
}

function jsonSample(
  name: string,
  format: TableFormat,
  { head, isWhole }: { head: Buffer; isWhole: boolean },
): Sample {
  const rows: Record<string, unknown>[] = [];
  let problem: string | null = null;
  for (const { line, text, problem: framing } of framesOf(format, head, isWhole)) {
    if (rows.length >= SAMPLE_ROWS) break;
    if (text !== null && text.trim() === '') continue;
    try {
      if (text === null) throw new RowProblem(null, `the line ${framing}`);
      rows.push(parseRow(text));
    } catch (error) {
      if (!(error instanceof RowProblem)) throw error;
      problem ??= `line ${line}: ${error.message}`;
    }
  }
  if (rows.length === 0)
    throw new InvalidInputError(
      `${name} is empty, or holds no readable row${problem === null ? '' : ` (${problem})`}.`,
    );
  const header = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  refuseTooMany(name, header.length);
  return {
    name,
    hasHeader: true,
    header,
    nested: header.filter((column) => isMostlyNested(rows, column)),
    cells: (column) =>
      rows.map((row) => (Object.hasOwn(row, column) && !isNested(row[column]) ? cellOf(row[column]) : '')),
  };
}

function isMostlyNested(rows: readonly Record<string, unknown>[], column: string): boolean {
  const values = rows.filter((row) => Object.hasOwn(row, column)).map((row) => row[column]);
  return values.filter(isNested).length > values.filter((value) => value !== null).length / 2;
}

/** A first line is a header if it has known column names, or no values where the next row has some. */
function isHeader(
  cells: readonly string[],
  next: readonly string[] | undefined,
  kind: TableKind,
  given: GivenMapping,
): boolean {
  // A single known name beside numbers and times is a word in a row, not a header.
  const nKnown = fieldsOf(kind).filter((rule) => columnsFor(rule, cells).length > 0).length;
  const isKnown = nKnown > 1 || (nKnown === 1 && !cells.some(isValue));
  const isGiven = [...given.columns.values()].some(
    (column) => !POSITION.test(column) && cells.some((cell) => isSame(cell, column)),
  );
  if (isKnown || isGiven) return true;
  return !cells.some(isValue) && next !== undefined && next.some(isValue);
}

function isValue(cell: string): boolean {
  return isNumber(cell.trim()) || timeFormOf(cell.trim(), Number.MAX_SAFE_INTEGER) !== null;
}

/**
 * Looks up a given column, exact match first. Without a header line, columns are named by number; a number does not
 * match in a file with a header line, which may be imported together with a file without.
 */
function columnGiven(header: readonly string[], given: string): string | undefined {
  return header.find((column) => column === given) ?? header.find((column) => isSame(column, given));
}

function isSame(column: string, given: string): boolean {
  return column === given || column.toLowerCase() === given.toLowerCase();
}

/** The columns of each field, given or recognised. */
export function columnsOf(sample: Sample, kind: TableKind, given: GivenMapping): Map<string, string[]> {
  const { header } = sample;
  if (kind === 'users' && !sample.hasHeader && header.length === 1) return new Map([['userId', ['1']]]);
  const free = header.filter((column) => !sample.nested.includes(column));
  const columns = new Map<string, string[]>();
  for (const rule of fieldsOf(kind)) {
    const wanted = given.columns.get(rule.field);
    const found = wanted === undefined || wanted === '' ? undefined : columnGiven(header, wanted);
    if (found !== undefined) columns.set(rule.field, [found]);
    else if (wanted !== '' && sample.hasHeader) {
      // A column given for a field is not used for a different field.
      const taken = [...given.columns].filter(([field]) => field !== rule.field).map(([, column]) => column);
      const open = free.filter((column) => !taken.some((other) => isSame(column, other)));
      const known = columnsFor(rule, open);
      if (known.length > 0) columns.set(rule.field, known);
    }
  }
  return columns;
}

/** Like `columnsOf`. Throws InvalidInputError if a required column is missing. */
function requiredColumns(sample: Sample, kind: TableKind, given: GivenMapping): Map<string, string[]> {
  refuseRepeats(sample);
  const columns = columnsOf(sample, kind, given);
  const isNeeded = ({ field, isRequired }: FieldRule) =>
    isRequired && !columns.has(field) && !(field === 'type' && given.everyType !== undefined);
  const missing = fieldsOf(kind).filter(isNeeded);
  if (missing.length > 0)
    throw missingColumns(
      sample,
      kind,
      missing.map(({ field }) => field),
      columns.size > 0,
    );
  if (kind === 'items' && !columns.has('title') && sample.header.some(isUserColumn))
    throw new InvalidInputError(
      `${sample.name} has user ids but no titles, so it is not a catalogue. Import it with --events or --ratings.`,
      'itemId',
    );
  return columns;
}

function refuseTooMany(name: string, nColumns: number): void {
  if (nColumns > MAX_COLUMNS)
    throw new InvalidInputError(
      `${name} has ${nColumns} columns; a table may have ${MAX_COLUMNS}. Remove the columns that are not needed.`,
    );
}

function refuseRepeats({ name, header }: Sample): void {
  const twice = header.filter((column, index) => column !== '' && header.indexOf(column) !== index);
  if (twice.length > 0)
    throw new InvalidInputError(
      `${name} names the column ${list(shownNames([...new Set(twice)]))} more than once. Give every column a unique name.`,
    );
}

function missingColumns(
  { name, header, hasHeader, nested }: Sample,
  kind: TableKind,
  missing: readonly string[],
  isAnyKnown: boolean,
): InvalidInputError {
  const naming = (value: (index: number) => string) =>
    kind === 'users'
      ? `--column ${value(0)}`
      : `--map ${missing.map((field, index) => `${field}=${value(index)}`).join(',')}`;
  if (header.length === 1 && kind !== 'users' && nested.length === 0)
    return new InvalidInputError(
      `${name}: the first line has no comma, semicolon, tab, pipe or "::". Name the separator with --delimiter, and remove lines above the header line.`,
      'delimiter',
    );
  if (!hasHeader)
    return new InvalidInputError(
      `${name} has no header line: its first line is a row of ${header.length} values. Number its columns from 1, for example ${exampleColumns(kind, header.length)}.`,
      missing[0],
    );
  if (nested.length > 0)
    return new InvalidInputError(
      `${name} lacks the column ${list(missing)}; the columns ${list(shownNames(nested))} contain objects, which are not read. Write an object of plain values per row.`,
      missing[0],
    );
  if (!isAnyKnown)
    return new InvalidInputError(
      `${name} lacks the column ${list(missing)}; none of its ${header.length} columns has a known name. Name them with ${naming(() => 'COLUMN')}.`,
      missing[0],
    );
  return new InvalidInputError(
    `${name} lacks the column ${list(missing)}; it has ${list(shownNames(header.filter((column) => column !== '')))}. If it has a different name, use ${naming(() => 'COLUMN')}.`,
    missing[0],
  );
}

function exampleColumns(kind: TableKind, width: number): string {
  if (kind === 'users') return '--column 1';
  const fields = {
    items: ['itemId', 'title'],
    events: ['userId', 'type', 'itemId', 'timestamp'],
    ratings: ['userId', 'itemId', 'rating', 'timestamp'],
  };
  return `--map ${fields[kind]
    .slice(0, Math.max(2, width))
    .map((field, index) => `${field}=${index + 1}`)
    .join(',')}`;
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN_COLUMNS).map((name) => `"${name.slice(0, SHOWN_CHARACTERS)}"`);
  return shown.join(', ') + (names.length > shown.length ? ' and more' : '');
}

/** The most frequent form of the times. Small numbers are spreadsheet days only if all values can be. */
function formOfTimes(times: readonly string[], now: number): TimeForm | null {
  if (times.length > 0 && times.every((time) => isSpreadsheetDay(time, now)))
    return 'spreadsheet day numbers';
  const counts = new Map<TimeForm, number>();
  for (const time of times) {
    const form = timeFormOf(time, now);
    if (form !== null) counts.set(form, (counts.get(form) ?? 0) + 1);
  }
  return [...counts].sort(([, left], [, right]) => right - left)[0]?.[0] ?? null;
}

function refuseEarlyTimes(
  { name }: Sample,
  columns: ReadonlyMap<string, readonly string[]>,
  times: readonly string[],
  form: TimeForm | null,
): void {
  if (form === 'spreadsheet day numbers') return;
  const early = times.filter((time) => isEarlyNumber(time) || /^197\d-/.test(time));
  if (early.length <= times.length * MAX_EARLY_SHARE) return;
  const column = columns.get('timestamp')?.[0] ?? 'timestamp';
  throw new InvalidInputError(
    `${name}: the times of the column "${column}" would be in the 1970s. Use dates, or seconds or milliseconds since 1970; for ratings, --map timestamp= leaves the times out.`,
    'timestamp',
  );
}
