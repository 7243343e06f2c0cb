/** Stage 1: surveys a complete items file before its first row is stored. */

import type { Item } from '../domain/index.js';

import { readItemRows } from './read-items.js';
import type { CategoryRule, ReadItemsOptions } from './read-items.js';
import type { TableSource } from './table-source.js';

export interface ItemSurvey {
  readonly categoryRule: CategoryRule;
  /** Per id, the line of its last valid row, which is used. */
  readonly lines: ReadonlyMap<string, number>;
  /** Repeated ids, with their number of valid rows. */
  readonly repeats: ReadonlyMap<string, number>;
  /** Ids of rejected rows. */
  readonly refused: ReadonlySet<string>;
  /** Ids of rows rejected for an unknown availability. */
  readonly doubtful: ReadonlySet<string>;
}

/** Max share of items with a tag for it to be a category; more frequent tags describe the catalogue, not the item. */
const MAX_CATEGORY_SHARE = 0.2;

/** Reads the file once. */
export async function surveyItems(source: TableSource, options: ReadItemsOptions): Promise<ItemSurvey> {
  const tagCounts = new Map<string, number>();
  const lines = new Map<string, number>();
  const repeats = new Map<string, number>();
  const refused = new Set<string>();
  const doubtful = new Set<string>();
  const countTags = ({ tags }: Item) => {
    for (const tag of tags) tagCounts.set(tag, (tagCounts.get(tag) ?? 0) + 1);
  };
  const onProblem: NonNullable<Parameters<typeof readItemRows>[1]['onProblem']> = (itemId, { column }) => {
    refused.add(itemId);
    if (column === 'available') doubtful.add(itemId);
  };
  for await (const { rows } of readItemRows(source, { ...options, onProblem })) {
    for (const { item, line } of rows) {
      if (lines.has(item.itemId)) repeats.set(item.itemId, (repeats.get(item.itemId) ?? 1) + 1);
      lines.set(item.itemId, line);
      countTags(item);
    }
  }
  return { categoryRule: categoryRule(tagCounts, lines.size), lines, repeats, refused, doubtful };
}

/**
 * Derives categories from tags: the item's most frequent tag among tags on at most 20 % of the items, ties in
 * alphabetical order. The most frequent, so that categories are few and large.
 */
export async function learnCategoryRule(
  source: TableSource,
  options: ReadItemsOptions,
): Promise<CategoryRule> {
  return (await surveyItems(source, options)).categoryRule;
}

/** Builds the rule from the number of items per tag. */
function categoryRule(tagCounts: ReadonlyMap<string, number>, nItems: number): CategoryRule {
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
