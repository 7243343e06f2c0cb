/**
 * Stage 1: reads the catalogue. Only an id is required; a missing title is replaced by the id. Unmapped columns become
 * attributes; a plain number in a cell becomes a number.
 */

import type { Item } from '../domain/index.js';

import { optionalText, requiredId, requiredText } from './fields.js';
import { availability, listOf } from './item-values.js';
import { planTable } from './plan-table.js';
import type { Remarks } from './remarks.js';
import { VALUE_SEPARATOR } from './row-decoder.js';
import type { TableRow } from './row-decoder.js';
import { RowProblem } from './row-problem.js';
import { timesOf } from './table-mapping.js';
import type { TableMapping } from './table-mapping.js';
import { readTable } from './table-reader.js';
import type { ReadBatch } from './table-reader.js';
import type { TableSource } from './table-source.js';
import { optionalTimestamp } from './time-values.js';

const MAX_TITLE_CHARACTERS = 1_000;
const MAX_TAGS = 500;
const PLAIN_NUMBER = /^-?(0|[1-9]\d{0,14})(\.\d{1,10})?$/;

export interface ReadItemsOptions {
  /** Ms since the epoch; creation times more than a day later are rejected. */
  readonly now: number;
  /** Default: detected by `planTable`. */
  readonly mapping?: TableMapping;
  /** Derives the category of an item without a category from its tags (`surveyItems`). Default: it stays ''. */
  readonly categoryRule?: CategoryRule;
}

/** An item and its line in the file. */
interface ItemRow {
  readonly item: Item;
  readonly line: number;
}

/** Yields batches of items in file order. A missing creation time is 0, so that reading again gives equal items. */
export async function* readItems(
  source: TableSource,
  options: ReadItemsOptions,
): AsyncGenerator<ReadBatch<Item>, void, undefined> {
  for await (const batch of readItemRows(source, options))
    yield { ...batch, rows: batch.rows.map(({ item }) => item) };
}

/** Like `readItems`, with line numbers. `onProblem` gets the ids of items with rejected rows, if the row has an id. */
export async function* readItemRows(
  source: TableSource,
  options: ReadItemsOptions & { onProblem?: (itemId: string, problem: RowProblem) => void },
): AsyncGenerator<ReadBatch<ItemRow>, void, undefined> {
  const mapping = options.mapping ?? (await planTable(source, 'items', { now: options.now }));
  const convert = (row: TableRow, remarks: Remarks): ItemRow => {
    try {
      return { item: toItem(row, options, mapping, remarks), line: row.line };
    } catch (error) {
      if (error instanceof RowProblem && row.values[0] !== '') options.onProblem?.(row.values[0], error);
      throw error;
    }
  };
  yield* readTable(source, mapping, { convert });
}

function toItem(row: TableRow, options: ReadItemsOptions, mapping: TableMapping, remarks: Remarks): Item {
  const [itemIdText, title, category, tagText, locale, createdAt, available] = row.values;
  const itemId = requiredId('itemId', itemIdText);
  const [ownCategory, ...levels] = listOf(category, mapping.categorySeparator);
  const tags = [...new Set([...listOf(tagText, mapping.tagSeparator), ...levels])];
  if (tags.length > MAX_TAGS) throw new RowProblem('tags', `holds more than ${MAX_TAGS} tags`);
  const item = {
    itemId,
    title: titleOf(title, itemId),
    category: optionalText('category', ownCategory ?? '') ?? options.categoryRule?.(tags) ?? '',
    tags: tags.map((tag) => requiredText('tags', tag)),
    attributes: Object.fromEntries(row.extras.map(([name, value]) => [name, attributeValue(value)])),
    locale: optionalText('locale', locale),
    createdAt: optionalTimestamp('createdAt', createdAt, timesOf(mapping, options.now)) ?? 0,
    isAvailable: availability(available.split(VALUE_SEPARATOR)),
  };
  if (title === '') remarks.add('titles are missing: the id is used');
  if (levels.length > 0 && mapping.categorySeparator === null)
    remarks.add('categories are lists: the first entry is the category, the others are tags');
  return item;
}

function titleOf(value: string, itemId: string): string {
  if (value.length > MAX_TITLE_CHARACTERS) {
    throw new RowProblem('title', `is longer than ${MAX_TITLE_CHARACTERS} characters`, value);
  }
  return value === '' ? itemId : value;
}

function attributeValue(value: string): string | number {
  return PLAIN_NUMBER.test(value) ? Number(value) : value;
}

/** Returns the category for an item with these tags; '' if no tag qualifies. */
export type CategoryRule = (tags: readonly string[]) => string;
