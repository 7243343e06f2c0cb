/**
 * In-memory index of the words in all titles, for searching by word prefixes.
 *
 * A query scans the words with the same first character and the items that contain them: a few milliseconds at most for
 * any text within the bounds, whatever database holds the catalogue. Regular expressions on the database scan the whole
 * collection, and the embedded database returns nothing for an anchored expression on an array.
 */

import { InvalidInputError } from '../../domain/index.js';

/** Bounds of a search text. */
export const MAX_SEARCH_CHARACTERS = 100;
export const MAX_SEARCH_WORDS = 8;

/** Throws InvalidInputError for a text beyond the bounds. */
export function checkSearch(search: string): string {
  if (search.length > MAX_SEARCH_CHARACTERS)
    throw new InvalidInputError(
      `"search" may have ${MAX_SEARCH_CHARACTERS} characters; it has ${search.length}. Search for fewer or shorter words.`,
      'search',
    );
  const nWords = wordsOf(search).length;
  if (nWords > MAX_SEARCH_WORDS)
    throw new InvalidInputError(
      `"search" may have ${MAX_SEARCH_WORDS} words; it has ${nWords}. Leave some of them out.`,
      'search',
    );
  return search;
}

/** Lower-case words of letters and digits, without accents. */
export function wordsOf(text: string): string[] {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean);
}

export interface TitleQuery {
  /** Words that must each begin a word of the title; see `wordsOf`. */
  readonly words: readonly string[];
  /** Items up to and including this id are left out. */
  readonly after: string | null;
  /** Maximum number of ids to return. */
  readonly limit: number;
  readonly isWanted: (itemId: string) => boolean;
}

export class TitleIndex {
  private readonly itemIds: string[] = [];
  /** Current words of items with a changed title since `add`; null for removed items. */
  private readonly changed = new Map<string, readonly string[] | null>();
  /** Places of items by word, words by their first character: the title of `itemIds[place]` contains the word. */
  private readonly places = new Map<string, Map<string, number[]>>();

  /** Adds an item. Ids must be added once each, in ascending order of their UTF-8 bytes. */
  add(itemId: string, title: string): void {
    const place = this.itemIds.push(itemId) - 1;
    for (const word of new Set(wordsOf(title))) {
      const initial = initialOf(word);
      const words = this.places.get(initial) ?? new Map<string, number[]>();
      this.places.set(initial, words);
      const found = words.get(word);
      if (found === undefined) words.set(word, [place]);
      else found.push(place);
    }
  }

  /** Replaces the title of an item, or adds or removes (null) an item, in any order of ids. */
  change(itemId: string, title: string | null): void {
    this.changed.set(itemId, title === null ? null : wordsOf(title));
  }

  /** Number of items changed since they were added; every search scans all of them. */
  get nChanges(): number {
    return this.changed.size;
  }

  /** Ids of items with titles that match every word, ascending. */
  find(query: TitleQuery): string[] {
    const found = this.findAdded(query);
    const changed = this.findChanged(query);
    return changed.length === 0 ? found : [...found, ...changed].sort(byBytes).slice(0, query.limit);
  }

  private findChanged({ words, after, isWanted }: TitleQuery): string[] {
    const found: string[] = [];
    for (const [itemId, own] of this.changed) {
      if (own === null || (after !== null && byBytes(itemId, after) <= 0) || !isWanted(itemId)) continue;
      if (words.every((word) => own.some((other) => other.startsWith(word)))) found.push(itemId);
    }
    return found;
  }

  private findAdded({ words, after, limit, isWanted }: TitleQuery): string[] {
    const prefixes = withoutImplied(words);
    // Number of prefixes, in their order, that each item has matched so far.
    const nMatched = new Uint8Array(this.itemIds.length);
    prefixes.forEach((prefix, index) => {
      for (const [word, places] of this.places.get(initialOf(prefix)) ?? []) {
        if (!word.startsWith(prefix)) continue;
        for (const place of places) if (nMatched[place] === index) nMatched[place] = index + 1;
      }
    });
    const found: string[] = [];
    for (let place = this.placeAfter(after); place < nMatched.length && found.length < limit; place += 1) {
      const itemId = this.itemIds[place];
      if (nMatched[place] !== prefixes.length || this.changed.has(itemId)) continue;
      if (isWanted(itemId)) found.push(itemId);
    }
    return found;
  }

  /** The first place after an id, whether or not the index contains it. */
  private placeAfter(itemId: string | null): number {
    if (itemId === null) return 0;
    let [low, high] = [0, this.itemIds.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (byBytes(this.itemIds[middle], itemId) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The database's order of ids. */
function byBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

function initialOf(word: string): string {
  return String.fromCodePoint(word.codePointAt(0)!);
}

/** Drops words that are a prefix of a longer query word: the longer word implies them. */
function withoutImplied(words: readonly string[]): string[] {
  const distinct = [...new Set(words)];
  return distinct.filter((word) => !distinct.some((other) => other !== word && other.startsWith(word)));
}
