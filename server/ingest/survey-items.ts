/** Stage 1: what has to be known of a whole file of items before its first row lands. */

import type { Item } from '../domain/index.js';

import { readItemRows } from './read-items.js';
import type { CategoryRule, ReadItemsOptions } from './read-items.js';
import type { TableSource } from './table-source.js';

export interface ItemSurvey {
  readonly categoryRule: CategoryRule;
  /** For each id of the file the line of its last good row, which counts. */
  readonly lines: ReadonlyMap<string, number>;
  /** Ids that come several times, with the number of their good rows. */
  readonly repeats: ReadonlyMap<string, number>;
  /** Ids of refused rows. */
  readonly refused: ReadonlySet<string>;
  /** Ids of rows that were refused because nobody can tell whether the item is on offer. */
  readonly doubtful: ReadonlySet<string>;
}

/** A tag on more items than this share describes the catalogue, not the item. */
export const MAX_CATEGORY_SHARE = 0.2;

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
 * The rule that derives categories from tags: the item's most widespread tag among those that at most 20 % of the items
 * carry, the alphabet breaking ties. Widespread, so that categories are few and large.
 */
export async function learnCategoryRule(
  source: TableSource,
  options: ReadItemsOptions,
): Promise<CategoryRule> {
  return (await surveyItems(source, options)).categoryRule;
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
