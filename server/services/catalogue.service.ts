/** The items: what they are, and the light view of them that features and filters need in memory. */

import { LRUCache } from 'lru-cache';

import type { Item } from '../domain/index.js';
import { ItemNotFoundError } from '../domain/index.js';
import { similarItems } from '../learning/index.js';
import type { Catalogue } from '../features/index.js';
import type { Page, PageRequest, Store } from '../store/index.js';

import type { Announce } from './announce.js';
import type { DemoGate } from './demo.service.js';
import type { ModelRegistry } from './model-registry.js';
import type { CatalogueService } from './services.js';
import { checkSearch, TitleIndex, wordsOf } from './title-index.js';

const CACHED_ITEMS = 20_000;

interface LightItem {
  readonly category: string;
  readonly isAvailable: boolean;
}

export class ItemCatalogue implements CatalogueService, Catalogue {
  private light: ReadonlyMap<string, LightItem> = new Map();
  private titles = new TitleIndex();
  private nRefreshed = 0;
  private cache = new LRUCache<string, Item>({ max: CACHED_ITEMS });

  constructor(
    private readonly options: {
      readonly store: Store;
      readonly registry: ModelRegistry;
      readonly demo: DemoGate;
      readonly announce: Announce;
    },
  ) {}

  get revision(): number {
    return this.nRefreshed;
  }

  /** Reads the light view of all items, and as many whole ones as are remembered; call after start-up and after an import. */
  async refresh(): Promise<void> {
    const light = new Map<string, LightItem>();
    const titles = new TitleIndex();
    const categories = new Map<string, string>();
    // Filled beside the one in use: lists that are asked for meanwhile do not have to read their items.
    const cache = new LRUCache<string, Item>({ max: CACHED_ITEMS });
    for await (const batch of this.options.store.items.streamAll()) {
      for (const item of batch) {
        const { itemId, category, isAvailable } = item;
        if (cache.size < CACHED_ITEMS) cache.set(itemId, item);
        // One string object per category: the driver makes a new one for every row.
        const shared = categories.get(category) ?? category;
        categories.set(category, shared);
        light.set(itemId, { category: shared, isAvailable });
        titles.add(itemId, item.title);
      }
    }
    this.light = light;
    this.titles = titles;
    this.cache = cache;
    this.nRefreshed += 1;
  }

  /** After a change of the stored items: reads them again, here and on every other instance. */
  async changed(): Promise<void> {
    await this.refresh();
    await this.options.announce('catalogue');
  }

  has(itemId: string): boolean {
    return this.light.has(itemId);
  }

  /** Number of items. */
  get size(): number {
    return this.light.size;
  }

  /** Ids of the items that are on offer, in no order. */
  *availableIds(): Iterable<string> {
    for (const [itemId, { isAvailable }] of this.light) if (isAvailable) yield itemId;
  }

  categoryOf(itemId: string): string | null {
    return this.light.get(itemId)?.category ?? null;
  }

  isAvailable(itemId: string): boolean {
    return this.light.get(itemId)?.isAvailable ?? false;
  }

  async item(itemId: string): Promise<Item | null> {
    return (await this.itemsById([itemId]))[0] ?? null;
  }

  async itemsById(itemIds: readonly string[]): Promise<Item[]> {
    const found: Item[] = [];
    const missing: string[] = [];
    for (const itemId of itemIds) {
      const item = this.cache.get(itemId);
      if (item === undefined) missing.push(itemId);
      else found.push(item);
    }
    if (missing.length === 0) return found;
    for (const item of await this.options.store.items.findMany(missing)) {
      this.cache.set(item.itemId, item);
      found.push(item);
    }
    return found;
  }

  async items({
    search,
    ...page
  }: PageRequest & { category?: string | null; search?: string | null }): Promise<Page<Item>> {
    const words = wordsOf(checkSearch(search ?? ''));
    if (words.length === 0) return this.options.store.items.list(page);
    const { first, after, category } = page;
    const itemIds = this.titles.find({
      ...{ words, after, limit: first + 1 },
      isWanted: (itemId) => category == null || this.categoryOf(itemId) === category,
    });
    const items = new Map((await this.itemsById(itemIds)).map((item) => [item.itemId, item]));
    return {
      rows: itemIds.slice(0, first).flatMap((itemId) => items.get(itemId) ?? []),
      hasNextPage: itemIds.length > first,
    };
  }

  categories(): Promise<string[]> {
    return this.options.store.items.categories();
  }

  async similarItems(itemId: string, first: number): Promise<{ itemId: string; similarity: number }[]> {
    const model = this.options.registry.current();
    const index = model.itemIndex.get(itemId);
    if (index === undefined) throw new ItemNotFoundError(itemId);
    return similarItems(model.recommender, index, first).map(({ itemIndex, similarity }) => ({
      itemId: model.itemIds[itemIndex],
      similarity,
    }));
  }

  async importItems(
    items: readonly Item[],
  ): Promise<{ inserted: number; updated: number; unchanged: number }> {
    if (items.length > 0) await this.options.demo.end();
    const result = await this.options.store.items.replaceMany(items);
    await this.changed();
    return result;
  }
}
