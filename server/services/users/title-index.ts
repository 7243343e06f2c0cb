/**
 * The words of all titles in memory, for searching by the beginnings of words.
 *
 * A query costs a look at the words that begin with the same character and at the items that carry them: a few
 * milliseconds at most for any text within the bounds, whatever database holds the catalogue. Regular expressions on
 * the database scan the whole collection, and the embedded one answers an anchored one on an array with nothing.
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
  /** The most ids to return. */
  readonly limit: number;
  readonly isWanted: (itemId: string) => boolean;
}

export class TitleIndex {
  private readonly itemIds: string[] = [];
  /** The words of items whose title is no longer the one added; null where the item is gone. */
  private readonly changed = new Map<string, readonly string[] | null>();
  /** Places of items by word, words by their first character: `itemIds[place]` has the word in its title. */
  private readonly places = new Map<string, Map<string, number[]>>();

  /** Adds an item. Ids must come in the ascending order of their UTF-8 bytes, each once. */
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

  /** Puts another title in place of the one that was added, or adds or removes (null) an item, in any order of ids. */
  change(itemId: string, title: string | null): void {
    this.changed.set(itemId, title === null ? null : wordsOf(title));
  }

  /** How many items were changed since they were added; each is looked at by every search. */
  get nChanges(): number {
    return this.changed.size;
  }

  /** Ids of the items whose titles match every word, ascending. */
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
    // How many of the words, in their order, each item has matched so far.
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

  /** The first place behind an id, whether the index has it or not. */
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

/** The order of ids in the database. */
function byBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

function initialOf(word: string): string {
  return String.fromCodePoint(word.codePointAt(0)!);
}

/** A word that begins another one asked for is matched wherever that one is. */
function withoutImplied(words: readonly string[]): string[] {
  const distinct = [...new Set(words)];
  return distinct.filter((word) => !distinct.some((other) => other !== word && other.startsWith(word)));
}
