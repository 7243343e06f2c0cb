/** Stage 1: parses numeric cells in the notations of spreadsheets and statistics programs. */

import { isNumber } from './fields.js';

/** Missing-value markers of R, pandas, SPSS, SQL dumps and spreadsheets, in lower case. */
const BLANKS = new Set(
  [
    '',
    'na',
    'n/a',
    '#n/a',
    '<na>',
    'nan',
    'null',
    '#null!',
    '\\n',
    'nil',
    'none',
    '?',
    '-',
    '--',
    '–',
    '—',
    '.',
  ]
    .concat(['inf', '+inf', '-inf', 'infinity', '+infinity', '-infinity', '#div/0!', '#value!', '#num!'])
    .concat(['missing', 'unknown', 'undefined']),
);
const YES = new Set(['true', 't', 'yes', 'y', 'on']);
const NO = new Set(['false', 'f', 'no', 'n', 'off']);

const SIGNS = /^[$€£¥]\s*|\s*[%$€£¥]$/g;
const SPACED_THOUSANDS = /(?<=\d)[\s'’](?=\d{3}(?!\d))/g;
const COMMA_THOUSANDS = /^[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?$/;
const DOT_THOUSANDS = /^[+-]?[1-9]\d{0,2}(\.\d{3})+(,\d+)?$/;
const DECIMAL_COMMA = /^[+-]?\d*,\d+$/;
const DECIMAL_POINT = /^[+-]?\d*\.\d+$/;

/** Whether a trimmed cell is a missing value; non-finite numbers count as missing. */
export function isBlank(cell: string): boolean {
  return BLANKS.has(cell.toLowerCase());
}

/** 1 or 0 for a word of yes or no, null for anything else. */
export function booleanIn(cell: string): 0 | 1 | null {
  const word = cell.toLowerCase();
  if (YES.has(word)) return 1;
  return NO.has(word) ? 0 : null;
}

/** The number in a trimmed cell, or NaN. Thousands separators, a currency sign and a percent sign are dropped. */
export function numberIn(cell: string, hasDecimalComma: boolean): number {
  if (isNumber(cell) && !(hasDecimalComma && DOT_THOUSANDS.test(cell))) return Number(cell);
  const text = cell.replace(SIGNS, '').replace(SPACED_THOUSANDS, '');
  const plain = hasDecimalComma
    ? (DOT_THOUSANDS.test(text) ? text.replaceAll('.', '') : text).replace(',', '.')
    : COMMA_THOUSANDS.test(text)
      ? text.replaceAll(',', '')
      : text;
  return isNumber(plain) ? Number(plain) : Number.NaN;
}

/** Whether a table uses decimal commas (18,9) rather than points; 1,234 counts as a thousands separator. */
export function hasDecimalCommas(cells: Iterable<string>): boolean {
  let [commas, points] = [0, 0];
  for (const cell of cells) {
    if (DECIMAL_COMMA.test(cell) && !COMMA_THOUSANDS.test(cell)) commas += 1;
    else if (DECIMAL_POINT.test(cell)) points += 1;
  }
  return commas > points;
}
