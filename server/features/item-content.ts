/**
 * What the catalogue says of its items, for the recommender: one category each, and terms: tags, the words of the title,
 * and what attributes in words name (an author, a brand). Arrays are over SharedArrayBuffer, for worker threads.
 */

import type { Item } from '../domain/index.js';

import { indexItems } from './dataset.js';
import { GrowingArray } from './growing-array.js';

export interface ItemContent {
  /** Int32Array [nItems], index into `categoryNames`; -1 where the item has no category. */
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

/** A term on more than this share of the items tells them apart too little to be worth a column. */
const MAX_TERM_SHARE = 0.5;

/** Finds words in scripts that write without spaces, too. */
const WORDS = new Intl.Segmenter(undefined, { granularity: 'word' });
const LISTED = /[,;|]/;

/**
 * Encodes items in the order given. Terms that occur on a single item, or on more than half of a catalogue, are left
 * out: the first relate an item to no other, the second relate it to all.
 */
export function encodeItems(
  items: readonly Pick<Item, 'title' | 'category' | 'tags' | 'attributes'>[],
): ItemContent {
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

/** Attributes that are numbers are left out: two prices are not the same term for being equal. */
function termsOf({ title, tags, attributes }: Parameters<typeof encodeItems>[0][number]): Set<string> {
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
