/**
 * Stage 1: the numeric columns of a table for distance-based clustering, without gaps.
 *
 * Identifier columns are left out, since they would split every true cluster. A numeric column counts as an identifier
 * if its values are integers without the repeats expected by chance, ascend from row to row, have leading zeros, or if
 * its name says so.
 */

import { InvalidInputError } from '../domain/index.js';

import { booleanIn, hasDecimalCommas, isBlank, numberIn } from './number-cells.js';
import type { PlainRow, PlainTable } from './plain-table.js';

export interface NumericTableOptions {
  /**
   * The columns to use, in this order; null for all numeric columns except identifiers. A named column of words becomes
   * a column of zeros and ones for each word.
   */
  readonly columns: readonly string[] | null;
  /** Treatment of blank cells: replace by the column's median, or drop the row. */
  readonly blanks: 'median' | 'drop';
}

export interface NumericTable {
  readonly names: readonly string[];
  /** Float64Array, row-major [rows.length, names.length]. */
  readonly values: Float64Array;
  /** The rows used. */
  readonly rows: readonly PlainRow[];
  /** Columns left out, by reason; empty if the columns are given. */
  readonly text: readonly string[];
  readonly blank: readonly string[];
  readonly identifiers: readonly string[];
  /** Header positions of key columns: identifiers, and texts named like ids or without repeats. */
  readonly keys: readonly number[];
  /** Columns used although their values are distinct integers. */
  readonly suspects: readonly string[];
  /** Blank cells per used column, without columns that have none. */
  readonly blankCells: readonly { readonly name: string; readonly count: number }[];
  readonly nDropped: number;
}

/** Columns with a lower share of numbers among their values are text. */
const LEAST_NUMBER_SHARE = 0.5;
const MOST_BLANK_SHARE = 0.5;
/** Min rows for values that always ascend, or never repeat, to count as significant. */
const MIN_ROWS_OF_ORDER = 10;
/** Expected number of repeats by chance among integers of this range; no repeat at all then has probability 5 %. */
const EXPECTED_REPEATS = 3;
const ID_NAME = /(^|[^a-z])(id|uuid|guid)$|[a-z]I[dD]$|[A-Za-z](ID|UUID|GUID)$/;
const KEY_NAME = /(^|[\s_.#-])(key|code|index|idx|nr|no|num|number|row|rownames|unnamed: ?\d+|column 1)$/i;
const SHOWN_CHARACTERS = 40;
/** More words than these are texts, not categories. */
const MOST_WORDS = 20;

type Kind = 'blank' | 'text' | 'boolean' | 'identifier' | 'number';

interface Column {
  readonly name: string;
  readonly place: number;
  readonly kind: Kind;
  readonly nBlank: number;
  readonly isDistinct: boolean;
  readonly isKey: boolean;
  /** The words of a text column, most frequent first; empty for other columns and for texts. */
  readonly words: readonly string[];
}

/** A column of the result: a numeric column, or whether a column of words holds `word`. */
interface Feature {
  readonly column: Column;
  readonly word: string | null;
}

/** Throws InvalidInputError for an unknown column, or with line and column of a non-numeric cell. */
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
  const features = used.flatMap((column): Feature[] =>
    column.words.length > 0 ? column.words.map((word) => ({ column, word })) : [{ column, word: null }],
  );
  const read = (row: PlainRow, { column: { name: column, place, kind }, word }: Feature): number => {
    const cell = row.cells[place];
    if (isBlank(cell)) return Number.NaN;
    if (word !== null) return Number(cell === word);
    const value = (kind === 'boolean' ? booleanIn(cell) : null) ?? numberIn(cell, hasDecimalComma);
    if (Number.isFinite(value)) return value;
    throw new InvalidInputError(
      `${name}, line ${row.line}: "${cell.slice(0, SHOWN_CHARACTERS)}" in column ${column} is not a finite number. Correct it, leave it blank, or name the columns to use with --columns.`,
    );
  };
  const numbers = rows.map((row) => features.map((feature) => read(row, feature)));
  const isUsed = (index: number) => blanks === 'median' || numbers[index].every(Number.isFinite);
  const kept = [...rows.keys()].filter(isUsed);
  if (kept.length === 0)
    throw new InvalidInputError(
      `${name}: every row has a blank; leave out --blanks drop, or name fewer columns with --columns.`,
    );
  // A blank among words takes the most frequent word.
  const medians = features.map(({ column, word }, f) =>
    word === null
      ? medianOf(
          name,
          column.name,
          numbers.map((row) => row[f]),
        )
      : Number(word === column.words[0]),
  );
  const names = features.map(({ column, word }) => (word === null ? column.name : `${column.name}=${word}`));
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
  const words = kind === 'text' ? wordsIn(cells) : [];
  return { name, place, kind, nBlank, isDistinct, isKey: kind === 'identifier' || isTextKey, words };
}

/** The different cells, most frequent first; empty if there are too many. */
function wordsIn(cells: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const cell of cells) counts.set(cell, (counts.get(cell) ?? 0) + 1);
  if (counts.size > MOST_WORDS) return [];
  return [...counts].sort(([, left], [, right]) => right - left).map(([word]) => word);
}

/** Both values must occur: a constant column distinguishes no rows. */
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
