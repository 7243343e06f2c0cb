/**
 * Stage 1: the catalogue from `itemId,title,category,tags,...` (tags separated by "|"). Only itemId and title must be
 * there. Every other column becomes an attribute; a cell that is a plain number becomes a number.
 */

import type { Item } from '../domain/index.js';

import { optionalText, optionalTimestamp, requiredText } from './fields.js';
import { RowProblem, readTable } from './table-reader.js';
import type { ReadBatch, TableRow, TableSchema, TableSource } from './table-reader.js';

const SCHEMA: TableSchema = {
  required: ['itemId', 'title'],
  optional: ['category', 'tags', 'locale', 'createdAt', 'available'],
};

const MAX_TITLE_CHARACTERS = 1_000;
const MAX_TAGS = 500;
const PLAIN_NUMBER = /^-?(0|[1-9]\d{0,14})(\.\d{1,10})?$/;

export interface ReadItemsOptions {
  /** Ms since the epoch; creation times more than a day later are refused. */
  readonly now: number;
  /** Gives an item without a category one from its tags (`learnCategoryRule`); default: it stays ''. */
  readonly categoryRule?: CategoryRule;
}

/** Batches of items in the order of the file. A missing creation time is 0, so that reading again gives equal items. */
export function readItems(
  source: TableSource,
  options: ReadItemsOptions,
): AsyncGenerator<ReadBatch<Item>, void, undefined> {
  return readTable(source, SCHEMA, { personal: null, convert: (row) => toItem(row, options) });
}

function toItem(row: TableRow, options: ReadItemsOptions): Item {
  const [itemId, title, category, tagText, locale, createdAt, available] = row.values;
  const tags = [...new Set(tagText.split('|').map((tag) => tag.trim()))].filter((tag) => tag !== '');
  if (tags.length > MAX_TAGS) throw new RowProblem('tags', `holds more than ${MAX_TAGS} tags`);
  const ownCategory = optionalText('category', category);
  return {
    itemId: requiredText('itemId', itemId),
    title: requiredTitle(title),
    category: ownCategory ?? options.categoryRule?.(tags) ?? '',
    tags: tags.map((tag) => requiredText('tags', tag)),
    attributes: Object.fromEntries(row.extras.map(([name, value]) => [name, attributeValue(value)])),
    locale: optionalText('locale', locale),
    createdAt: optionalTimestamp('createdAt', createdAt, options.now) ?? 0,
    isAvailable: availability(available),
  };
}

function requiredTitle(value: string): string {
  if (value === '') throw new RowProblem('title', 'is empty');
  if (value.length > MAX_TITLE_CHARACTERS) {
    throw new RowProblem('title', `is longer than ${MAX_TITLE_CHARACTERS} characters`, value);
  }
  return value;
}

function attributeValue(value: string): string | number {
  return PLAIN_NUMBER.test(value) ? Number(value) : value;
}

function availability(value: string): boolean {
  const word = value.toLowerCase();
  if (['', 'true', '1', 'yes'].includes(word)) return true;
  if (['false', '0', 'no'].includes(word)) return false;
  throw new RowProblem('available', 'is neither true nor false', value);
}

/** The category for an item with these tags; '' when no tag will do. */
export type CategoryRule = (tags: readonly string[]) => string;

/** A tag on more items than this share describes the catalogue, not the item. */
export const MAX_CATEGORY_SHARE = 0.2;

/**
 * Reads the file once and gives the rule that derives categories from tags: the item's most widespread tag among those
 * that at most 20 % of the items carry, the alphabet breaking ties. Widespread, so that categories are few and large.
 */
export async function learnCategoryRule(
  source: TableSource,
  options: { now: number },
): Promise<CategoryRule> {
  const counts = new Map<string, number>();
  let nItems = 0;
  for await (const { rows } of readItems(source, options)) {
    nItems += rows.length;
    for (const { tags } of rows) for (const tag of tags) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  }
  return categoryRule(counts, nItems);
}

/** The rule from the number of items that carry each tag. */
export function categoryRule(tagCounts: ReadonlyMap<string, number>, nItems: number): CategoryRule {
  const limit = nItems * MAX_CATEGORY_SHARE;
  return (tags) => {
    let best = '';
    for (const tag of tags) {
      const count = tagCounts.get(tag) ?? 0;
      const most = best === '' ? 0 : tagCounts.get(best)!;
      if (count <= limit && (count > most || (count === most && tag < best))) best = tag;
    }
    return best;
  };
}
