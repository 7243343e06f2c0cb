/**
 * Item content for the recommender: a category per item, and terms from tags, title words and textual attributes (an
 * author, a brand). Arrays are over SharedArrayBuffer, for worker threads.
 */

import type { Item } from '../domain/index.js';

import { indexItems } from './dataset.js';
import { GrowingArray } from './growing-array.js';

export interface ItemContent {
  /** Int32Array [nItems], index into `categoryNames`; -1 without a category. */
  readonly categories: Int32Array;
  /** Ascending. */
  readonly categoryNames: readonly string[];
  /** Int32Array [nItems + 1]. */
  readonly termIndptr: Int32Array;
  /** Int32Array, index into `termNames`, ascending within an item. */
  readonly termIndices: Int32Array;
  /** Ascending; a kind (`tag`, `title`, or an attribute's name), a colon and the term. */
  readonly termNames: readonly string[];
}

type EncodableItem = Pick<Item, 'title' | 'category' | 'tags' | 'attributes'>;

/** Max share of items with a term; more frequent terms distinguish too little to be worth a column. */
const MAX_TERM_SHARE = 0.5;

/** Segments words in scripts without spaces, too. */
const WORDS = new Intl.Segmenter(undefined, { granularity: 'word' });
const LISTED = /[,;|]/;

/**
 * Encodes items in the given order. Terms of a single item, or of more than half of the items, are left out: they
 * relate an item to none or to all.
 */
export function encodeItems(items: readonly EncodableItem[]): ItemContent {
  const termSets = items.map(termsOf);
  const counts = new Map<string, number>();
  for (const terms of termSets) for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
  const isKept = (term: string) =>
    counts.get(term)! > 1 && counts.get(term)! <= items.length * MAX_TERM_SHARE;
  const termNames = [...counts.keys()].filter(isKept).sort();
  const categoryNames = [...new Set(items.map((item) => item.category))].filter((name) => name !== '').sort();
  const termIndex = indexItems(termNames);
  const categoryIndex = indexItems(categoryNames);

  const categories = new GrowingArray(Int32Array);
  const termIndptr = new GrowingArray(Int32Array);
  const termIndices = new GrowingArray(Int32Array);
  categories.append(items.map((item) => categoryIndex.get(item.category) ?? -1));
  termIndptr.append([0]);
  for (const terms of termSets) {
    const row = [...terms].map((term) => termIndex.get(term)).filter((index) => index !== undefined);
    termIndices.append(row.sort((a, b) => a - b));
    termIndptr.append([termIndices.length]);
  }
  return {
    categories: categories.share(),
    categoryNames,
    termIndptr: termIndptr.share(),
    termIndices: termIndices.share(),
    termNames,
  };
}

/**
 * Feature indices of an item, as in `itemFeaturesOf`, by the names of an earlier `encodeItems`: categories, then terms.
 * What has no name there is left out.
 */
export function createItemEncoder({
  categoryNames,
  termNames,
}: Pick<ItemContent, 'categoryNames' | 'termNames'>): (item: EncodableItem) => number[] {
  const categories = indexItems(categoryNames);
  const terms = indexItems(termNames);
  return (item) => {
    const category = categories.get(item.category);
    const own = [...termsOf(item)].flatMap((term) => terms.get(term) ?? []);
    return [...(category === undefined ? [] : [category]), ...own.map((term) => categoryNames.length + term)];
  };
}

/** Numeric attributes are left out: equal prices do not relate items. */
function termsOf({ title, tags, attributes }: EncodableItem): Set<string> {
  const terms = new Set(tags.map((tag) => `tag:${tag}`));
  for (const { segment, isWordLike } of WORDS.segment(title)) {
    if (isWordLike === true) terms.add(`title:${segment.toLowerCase()}`);
  }
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'number') continue;
    for (const part of value.toLowerCase().split(LISTED)) {
      if (part.trim() !== '') terms.add(`${name}:${part.trim()}`);
    }
  }
  return terms;
}
