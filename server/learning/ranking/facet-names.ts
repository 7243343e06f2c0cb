/** Names facets by the words of their items (categories and tags) that are far more frequent there than elsewhere. */

import type { Facets } from './facets.js';

export interface FacetWords {
  /** Words of an item, each once; empty if it has none. */
  readonly wordsOf: (itemIndex: number) => readonly string[];
  /** Number of items of the catalogue with a word, */
  readonly countOf: (word: string) => number;
  /** and of all its items. */
  readonly nItems: number;
}

/** Share of a facet's items that must have its name, unless no word has as many. */
const MIN_SHARE = 0.5;
/** Lift from which a word is no more distinctive: rarer words are no better names. */
const MAX_LIFT = 20;
/** Added to the counts of the catalogue, so that a word of a single item is not infinitely distinctive. */
const SMOOTHING = 5;

/**
 * The word of each facet with the largest share^2 * log(lift), lift being the share of the facet's items with the word
 * over the share of the catalogue's; no word twice. Null for a facet without such a word.
 */
export function nameFacets(facets: Facets, words: FacetWords): (string | null)[] {
  const taken = new Set<string>();
  return Array.from({ length: facets.nFacets }, (_, facet) => {
    const name = mostDistinctive(facets, facet, words, taken);
    if (name !== null) taken.add(name.toLowerCase());
    return name;
  });
}

function mostDistinctive(
  { items, assignment }: Facets,
  facet: number,
  { wordsOf, countOf, nItems }: FacetWords,
  taken: ReadonlySet<string>,
): string | null {
  const own = items.filter((_, p) => assignment[p] === facet);
  const counts = new Map<string, number>();
  for (const item of own) for (const word of wordsOf(item)) counts.set(word, (counts.get(word) ?? 0) + 1);
  const candidates = Array.from(counts, ([word, count]) => {
    const share = count / own.length;
    const lift = share / ((countOf(word) + SMOOTHING) / (nItems + SMOOTHING));
    return { word, isCommon: share >= MIN_SHARE, value: share ** 2 * Math.log(Math.min(lift, MAX_LIFT)) };
  }).filter(({ word, value }) => value > 0 && !taken.has(word.toLowerCase()));
  candidates.sort(
    (a, b) => Number(b.isCommon) - Number(a.isCommon) || b.value - a.value || (a.word < b.word ? -1 : 1),
  );
  return candidates[0]?.word ?? null;
}
