/**
 * In-memory words of all items, category and tags, with the number of items that have each: names of a user's facets
 * are words that are more frequent there than in the catalogue.
 */

import type { Item } from '../../domain/index.js';

const NONE: readonly string[] = [];

export class CatalogueWords {
  private readonly words = new Map<string, readonly string[]>();
  private readonly counts = new Map<string, number>();
  /** A single string per word: the driver creates new strings for every row. */
  private readonly shared = new Map<string, string>();

  /** Number of items, with words or without. */
  get size(): number {
    return this.words.size;
  }

  /** Sets the words of an item; null removes the item. */
  change(itemId: string, item: Pick<Item, 'category' | 'tags'> | null): void {
    for (const word of this.wordsOf(itemId)) this.counts.set(word, this.countOf(word) - 1);
    if (item === null) {
      this.words.delete(itemId);
      return;
    }
    const words = [...new Set([item.category, ...item.tags])].filter((word) => word.trim() !== '');
    this.words.set(
      itemId,
      words.map((word) => this.share(word)),
    );
    for (const word of words) this.counts.set(word, this.countOf(word) + 1);
  }

  /** Words of an item, each once; empty for an unknown item. */
  wordsOf(itemId: string): readonly string[] {
    return this.words.get(itemId) ?? NONE;
  }

  /** Number of items with this word. */
  countOf(word: string): number {
    return this.counts.get(word) ?? 0;
  }

  private share(word: string): string {
    const known = this.shared.get(word);
    if (known === undefined) this.shared.set(word, word);
    return known ?? word;
  }
}
