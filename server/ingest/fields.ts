/** Stage 1: checks of single values. Each returns the value or throws RowProblem with the column at fault. */

import { MAX_ID_CHARACTERS } from '../domain/index.js';

import { RowProblem } from './row-problem.js';

export function requiredText(column: string, value: string): string {
  if (value === '') throw new RowProblem(column, 'is empty');
  return shortText(column, value);
}

/** A long number as rounded by a spreadsheet, which gives several ids the same text. */
const ROUNDED = /^\d(?:[.,]\d+)?E\+\d{2,}$/;

/** Checks the id of a user or an item. */
export function requiredId(column: string, value: string): string {
  if (ROUNDED.test(value))
    throw new RowProblem(
      column,
      'is a number that a spreadsheet has rounded; save the column as text',
      value,
    );
  return requiredText(column, value);
}

/** Null for an empty cell. */
export function optionalText(column: string, value: string): string | null {
  return value === '' ? null : shortText(column, value);
}

function shortText(column: string, value: string): string {
  if (value.length > MAX_ID_CHARACTERS)
    throw new RowProblem(column, `is longer than ${MAX_ID_CHARACTERS} characters`, value);
  return value;
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Whether the cell is a number. */
export function isNumber(value: string): boolean {
  return NUMBER.test(value);
}

/** A finite number within [least, most]; null for an empty cell. */
export function optionalNumber(column: string, value: string, least: number, most: number): number | null {
  if (value === '') return null;
  const number = NUMBER.test(value) ? Number(value) : Number.NaN;
  if (!Number.isFinite(number)) throw new RowProblem(column, 'is not a number', value);
  if (number < least || number > most)
    throw new RowProblem(column, `is not between ${least} and ${most}`, value);
  return number;
}

export function requiredNumber(column: string, value: string, least: number, most: number): number {
  const number = optionalNumber(column, value, least, most);
  if (number === null) throw new RowProblem(column, 'is empty');
  return number;
}
