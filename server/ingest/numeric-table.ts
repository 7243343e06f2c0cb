/**
 * Stage 1: the columns of a table that distances can be measured in, as numbers without gaps.
 *
 * A column of numbers is left out where they are no quantities: an identifier would cut every true group in pieces. Its
 * values are whole and all different although chance would repeat some, ascend from row to row, have leading zeros, or
 * its name says so.
 */

import { InvalidInputError } from '../domain/index.js';

import { booleanIn, hasDecimalCommas, isBlank, numberIn } from './number-cells.js';
import type { PlainRow, PlainTable } from './plain-table.js';

export interface NumericTableOptions {
  /** The columns to use, in this order; null for all that hold quantities. */
  readonly columns: readonly string[] | null;
  /** What becomes of blank cells: the median of their column, or their rows are left out. */
  readonly blanks: 'median' | 'drop';
}

export interface NumericTable {
  readonly names: readonly string[];
  /** Float64Array, row-major [rows.length, names.length]. */
  readonly values: Float64Array;
  /** The rows of the table that are used. */
  readonly rows: readonly PlainRow[];
  /** Columns left out, by the reason; empty where the columns are given. */
  readonly text: readonly string[];
  readonly blank: readonly string[];
  readonly identifiers: readonly string[];
  /** Places in the header of all columns that name a row: the identifiers, and texts that are all different. */
  readonly keys: readonly number[];
  /** Columns that are used although their values are whole and all different. */
  readonly suspects: readonly string[];
  /** Blank cells of the columns that are used, without those that have none. */
  readonly blankCells: readonly { readonly name: string; readonly count: number }[];
  readonly nDropped: number;
}

/** A column with fewer numbers than this among its values is text. */
const LEAST_NUMBER_SHARE = 0.5;
const MOST_BLANK_SHARE = 0.5;
/** From so many rows on, values that ascend all the way down, or never repeat, are no accident. */
const MIN_ROWS_OF_ORDER = 10;
/** Repeats that chance would cause at least among whole numbers of this range: none by chance has 5 % then. */
const EXPECTED_REPEATS = 3;
const ID_NAME = /(^|[^a-z])(id|uuid|guid)$|[a-z]I[dD]$|[A-Za-z](ID|UUID|GUID)$/;
const KEY_NAME = /(^|[\s_.#-])(key|code|index|idx|nr|no|num|number|row|rownames|unnamed: ?\d+|column 1)$/i;
const SHOWN_CHARACTERS = 40;

type Kind = 'blank' | 'text' | 'boolean' | 'identifier' | 'number';

interface Column {
  readonly name: string;
  readonly place: number;
  readonly kind: Kind;
  readonly nBlank: number;
  readonly isDistinct: boolean;
  readonly isKey: boolean;
}

/** Throws InvalidInputError naming the column that is not there, and line and column of a cell that is no number. */
export function toNumericTable(
  table: PlainTable,
  { columns: wanted, blanks }: NumericTableOptions,
): NumericTable {
  const { name, header, rows } = table;
  const hasDecimalComma = hasDecimalCommas(cellsOf(rows));
  const columns = header.map((column, place) => lookAt(column, place, rows, hasDecimalComma));
  const called = (kind: Kind) =>
    columns.filter((column) => column.kind === kind).map((column) => column.name);
  const used =
    wanted === null
      ? columns.filter(({ kind }) => kind === 'number' || kind === 'boolean')
      : wanted.map((column) => columnCalled(table, columns, column));
  if (used.length === 0) {
    const ids = called('identifier');
    const hint =
      ids.length === 0
        ? ''
        : ` left once those that look like identifiers are out (${ids.join(', ')}); name the columns to use with --columns`;
    throw new InvalidInputError(`${name} has no numeric column${hint}.`);
  }
  const read = (row: PlainRow, { name: column, place, kind }: Column): number => {
    const cell = row.cells[place];
    if (isBlank(cell)) return Number.NaN;
    const value = (kind === 'boolean' ? booleanIn(cell) : null) ?? numberIn(cell, hasDecimalComma);
    if (Number.isFinite(value)) return value;
    throw new InvalidInputError(
      `${name}, line ${row.line}: "${cell.slice(0, SHOWN_CHARACTERS)}" in column ${column} is not a finite number. Correct it, leave it blank, or name the columns to use with --columns.`,
    );
  };
  const numbers = rows.map((row) => used.map((column) => read(row, column)));
  const isUsed = (index: number) => blanks === 'median' || numbers[index].every(Number.isFinite);
  const kept = [...rows.keys()].filter(isUsed);
  if (kept.length === 0)
    throw new InvalidInputError(
      `${name}: every row has a blank; leave out --blanks drop, or name fewer columns with --columns.`,
    );
  const medians = used.map((column, c) =>
    medianOf(
      name,
      column.name,
      numbers.map((row) => row[c]),
    ),
  );
  const names = used.map((column) => column.name);
  const isLeftOut = wanted === null;
  return {
    names,
    values: Float64Array.from(
      kept.flatMap((index) => numbers[index].map((v, c) => (Number.isNaN(v) ? medians[c] : v))),
    ),
    rows: kept.map((index) => rows[index]),
    text: isLeftOut ? called('text') : [],
    blank: isLeftOut ? called('blank') : [],
    identifiers: isLeftOut ? called('identifier') : [],
    keys: columns.filter(({ isKey }) => isKey).map(({ place }) => place),
    suspects: used
      .filter(({ kind, isDistinct }) => isLeftOut && kind === 'number' && isDistinct)
      .map((column) => column.name),
    blankCells: used
      .filter(({ nBlank }) => nBlank > 0)
      .map(({ name: column, nBlank }) => ({ name: column, count: nBlank })),
    nDropped: rows.length - kept.length,
  };
}

function columnCalled(
  { name, header, hasHeader }: PlainTable,
  columns: readonly Column[],
  wanted: string,
): Column {
  const full = !hasHeader && /^\d+$/.test(wanted) ? `column ${wanted}` : wanted;
  const found =
    columns.find((column) => column.name === full) ??
    columns.find((column) => column.name.toLowerCase() === full.toLowerCase());
  if (found !== undefined) return found;
  throw new InvalidInputError(`${name} has no column ${wanted}; it has ${header.join(', ')}.`);
}

function lookAt(name: string, place: number, rows: readonly PlainRow[], hasDecimalComma: boolean): Column {
  const cells = rows.map((row) => row.cells[place]).filter((cell) => !isBlank(cell));
  const nBlank = rows.length - cells.length;
  const isDifferent = cells.length > 1 && new Set(cells).size === cells.length;
  const numbers = cells.map((cell) => numberIn(cell, hasDecimalComma)).filter(Number.isFinite);
  const isWhole = numbers.length === cells.length && numbers.every(Number.isInteger);
  const isDistinct = isWhole && isDifferent && cells.length >= MIN_ROWS_OF_ORDER;
  const isNumeric = numbers.length >= LEAST_NUMBER_SHARE * cells.length;
  const kindOf = (): Kind => {
    if (cells.length === 0) return 'blank';
    if (isBoolean(cells)) return 'boolean';
    if (!isNumeric) return 'text';
    if (isWhole && isIdentifier(name, cells, numbers, isDifferent)) return 'identifier';
    return nBlank > MOST_BLANK_SHARE * rows.length ? 'blank' : 'number';
  };
  const kind = kindOf();
  const isTextKey =
    kind === 'text' && (ID_NAME.test(name) || (isDifferent && rows.length >= MIN_ROWS_OF_ORDER));
  return { name, place, kind, nBlank, isDistinct, isKey: kind === 'identifier' || isTextKey };
}

/** Both words must occur: a column of nothing but "true" tells no rows apart. */
function isBoolean(cells: readonly string[]): boolean {
  const words = cells.map((cell) => booleanIn(cell) ?? (cell === '1' ? 1 : cell === '0' ? 0 : null));
  const isWord = cells.some((cell) => booleanIn(cell) !== null);
  return isWord && words.includes(1) && words.includes(0) && !words.includes(null);
}

function isIdentifier(
  name: string,
  cells: readonly string[],
  numbers: readonly number[],
  isDifferent: boolean,
): boolean {
  if (cells.some((cell) => /^0\d/.test(cell)) || ID_NAME.test(name)) return true;
  if (!isDifferent) return false;
  if (KEY_NAME.test(name)) return numbers.length >= MIN_ROWS_OF_ORDER;
  const [least, most] = numbers.reduce(
    ([low, high], n) => [Math.min(low, n), Math.max(high, n)],
    [Infinity, -Infinity],
  );
  const expected = (numbers.length * (numbers.length - 1)) / 2 / (most - least + 1);
  const isAscending = numbers.every((value, index) => index === 0 || value > numbers[index - 1]);
  return expected >= EXPECTED_REPEATS || (isAscending && numbers.length >= MIN_ROWS_OF_ORDER);
}

function medianOf(name: string, column: string, values: readonly number[]): number {
  const sorted = Float64Array.from(values.filter(Number.isFinite)).sort();
  if (sorted.length === 0)
    throw new InvalidInputError(`${name}: the column ${column} is blank in every row.`);
  return sorted[sorted.length >> 1];
}

function* cellsOf(rows: readonly PlainRow[]): Generator<string, void, undefined> {
  for (const { cells } of rows) yield* cells;
}
