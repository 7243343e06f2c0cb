/** Stage 1: availability, lists and category paths in item cells. */

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
 * Whether an item is available, from its availability cells: false if any of them says so; empty cells are ignored. A
 * number is a count or a flag: positive means available. Throws RowProblem for an unknown word.
 */
export function availability(words: readonly string[]): boolean {
  let isAvailable = true;
  for (const text of words) {
    // Treats https://schema.org/InStock, in_stock and "In stock" as the same word.
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

/** Separator of list entries in a column; null if a cell is a single entry. */
export type ListSeparator = '|' | '>' | ';' | ',' | null;

/** MovieLens placeholder for a film without genres. */
const NO_ENTRIES = '(no genres listed)';

/** Splits a cell into trimmed entries without repeats, in order. A JSON array is parsed regardless of the separator. */
export function listOf(cell: string, separator: ListSeparator): string[] {
  if (cell === '' || cell === NO_ENTRIES) return [];
  const entries = jsonList(cell) ?? (separator === null ? [cell] : cell.split(separator));
  return [...new Set(entries.map((entry) => entry.trim()))].filter((entry) => entry !== '');
}

/** Detects the separator of a tags column from sample cells. */
export function tagSeparator(cells: readonly string[]): ListSeparator {
  return SEPARATORS.find((mark) => shareWith(mark, cells) > 0) ?? null;
}

/**
 * Detects the separator of a category column. Many names contain commas ("Tools, hand and power"), so a comma separates
 * only if most cells contain a comma.
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

/** Parses a JSON array of plain values, or a Python list of texts; otherwise null. */
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
