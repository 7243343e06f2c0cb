/** Stage 1: availability, and lists and paths in the cells of an item. */

import { isNumber } from './fields.js';
import { RowProblem } from './row-problem.js';

const AVAILABLE = new Set(['true', 't', 'yes', 'y', 'instock', 'available']);
const UNAVAILABLE = new Set([
  'false',
  'f',
  'no',
  'n',
  'outofstock',
  'unavailable',
  'soldout',
  'discontinued',
]);

/**
 * Whether an item is on offer by the words in one or more columns: every word has to say so, and an empty cell says
 * nothing. A number is a count or a flag: from 1 up it is on offer. Throws RowProblem for a word that is not known.
 */
export function availability(words: readonly string[]): boolean {
  let isAvailable = true;
  for (const text of words) {
    // https://schema.org/InStock, in_stock and "In stock" are one word.
    const word = text
      .toLowerCase()
      .replace(/^https?:.*\//, '')
      .replace(/[\s_-]/g, '');
    if (word === '' || AVAILABLE.has(word)) continue;
    if (UNAVAILABLE.has(word)) isAvailable = false;
    else if (isNumber(text)) isAvailable &&= Number(text) > 0;
    else throw new RowProblem('available', 'does not say whether the item is available', text);
  }
  return isAvailable;
}

/** What separates the entries of a list in a column; null where a cell is one entry. */
export type ListSeparator = '|' | '>' | ';' | ',' | null;

/** MovieLens writes this where a film has no genre. */
const NO_ENTRIES = '(no genres listed)';

/** The entries of a cell, in its order, without blanks and repeats. A JSON array is taken apart whatever the separator. */
export function listOf(cell: string, separator: ListSeparator): string[] {
  if (cell === '' || cell === NO_ENTRIES) return [];
  const entries = jsonList(cell) ?? (separator === null ? [cell] : cell.split(separator));
  return [...new Set(entries.map((entry) => entry.trim()))].filter((entry) => entry !== '');
}

/** The separator of a column of tags, from a sample of its cells. */
export function tagSeparator(cells: readonly string[]): ListSeparator {
  return SEPARATORS.find((mark) => shareWith(mark, cells) > 0) ?? null;
}

/**
 * The separator of a column of categories. Commas are part of many names ("Tools, hand and power"), so that they
 * separate only where most cells hold one.
 */
export function categorySeparator(cells: readonly string[]): ListSeparator {
  return SEPARATORS.find((mark) => shareWith(mark, cells) > (mark === ',' ? 0.5 : 0)) ?? null;
}

const SEPARATORS = ['|', '>', ';', ','] as const;

function shareWith(mark: string, cells: readonly string[]): number {
  const filled = cells.filter((cell) => cell !== '' && !isJsonList(cell));
  return filled.filter((cell) => cell.includes(mark)).length / Math.max(1, filled.length);
}

function isJsonList(cell: string): boolean {
  return cell.startsWith('[') && cell.endsWith(']');
}

/** Null where the cell is no JSON array of plain values. A Python list of texts is read as well. */
function jsonList(cell: string): string[] | null {
  if (!isJsonList(cell)) return null;
  for (const text of [cell, cell.replaceAll("'", '"')]) {
    try {
      const entries: unknown = JSON.parse(text);
      if (Array.isArray(entries) && entries.every((entry) => ['string', 'number'].includes(typeof entry)))
        return entries.map(String);
    } catch {
      // Not JSON in this spelling.
    }
  }
  return null;
}
