/**
 * The catalogue: items, and an in-memory light view of them for features and filters. Call `changed` after writing
 * items; every instance then reads these items again, and earlier lists become stale.
 */

import { LRUCache } from 'lru-cache';

import type { EventPublisher, Item } from '../../domain/index.js';
import { ItemNotFoundError } from '../../domain/index.js';
import { similarItems } from '../../learning/index.js';
import type { Catalogue } from '../../features/index.js';
import type { Page, PageRequest, Store } from '../../store/index.js';
import { canonical } from '../../store/index.js';

import type { Announce } from './announce.js';
import type { DemoService } from './demo.service.js';
import type { ModelRegistry } from '../models/index.js';
import type { CataloguePort, ItemPatch } from '../index.js';
import { CatalogueWords } from './catalogue-words.js';
import { checkSearch, TitleIndex, wordsOf } from './title-index.js';
import { Turns } from './turns.js';

const CACHED_ITEMS = 20_000;
/** With more changed titles than this, a search becomes slow. */
const MAX_TITLE_CHANGES = 5_000;
/** Minimum interval of `catalogue.changed`, so that a large import does not refresh open lists once per batch. */
const PUBLISH_PAUSE_MS = 500;

interface LightItem {
  readonly category: string;
  readonly isAvailable: boolean;
  /** The generation in which the item was added or changed. */
  readonly changedIn: number;
}

export class CatalogueService implements CataloguePort, Catalogue {
  private titles = new TitleIndex();
  private ownWords = new CatalogueWords();
  private light = new Map<string, LightItem>();
  private storedRevision = 0;
  private nChanges = 0;
  /** Items to read again; null for none. */
  private wanted: Set<string> | 'all' | null = null;
  private reading: Promise<void> = Promise.resolve();
  private next: Promise<void> | null = null;
  private pause: NodeJS.Timeout | null = null;
  private hasNews = false;
  private readonly turns = new Turns();
  private cache = new LRUCache<string, Item>({ max: CACHED_ITEMS });

  constructor(
    private readonly options: {
      readonly store: Store;
      readonly registry: ModelRegistry;
      readonly demo: DemoService;
      readonly announce: Announce;
      readonly bus: EventPublisher;
    },
  ) {}

  get revision(): number {
    return this.storedRevision;
  }

  get generation(): number {
    return this.nChanges;
  }

  hasChangedSince(itemId: string, generation: number): boolean {
    const item = this.light.get(itemId);
    return item === undefined || item.changedIn > generation;
  }

  /**
   * Reads these items again, or all of them (null, and the first time). Reads do not overlap: items requested during a
   * read are combined into the next. Items that could not be read are read with the next request.
   */
  refresh(itemIds: readonly string[] | null = null): Promise<void> {
    this.want(itemIds);
    this.next ??= this.reading.then(() => this.readWanted());
    return this.next;
  }

  private want(itemIds: Iterable<string> | null): void {
    this.wanted =
      itemIds === null || this.wanted === 'all' ? 'all' : new Set([...(this.wanted ?? []), ...itemIds]);
  }

  private async readWanted(): Promise<void> {
    const wanted = this.wanted ?? new Set<string>();
    this.wanted = null;
    this.next = null;
    const reading = this.read(wanted);
    this.reading = reading.catch(() => this.want(wanted === 'all' ? null : wanted));
    await reading;
  }

  private async read(wanted: ReadonlySet<string> | 'all'): Promise<void> {
    // Read before the items: the items are at least as new as the revision.
    const { catalogueRevision } = await this.options.store.dataset.get();
    const hasChanged = wanted === 'all' ? await this.readAll() : await this.readSome([...wanted]);
    this.storedRevision = Math.max(this.storedRevision, catalogueRevision);
    if (!hasChanged) return;
    this.nChanges += 1;
    await this.introduceNewItems(wanted === 'all' ? undefined : wanted);
    this.publish();
  }

  /** Adds items that are newer than the active model to it; of these items, or of all. */
  async introduceNewItems(itemIds: Iterable<string> = this.light.keys()): Promise<void> {
    const { registry } = this.options;
    const model = registry.find();
    if (model === null) return;
    const unknown: string[] = [];
    for (const itemId of itemIds) {
      const index = model.itemIndex.get(itemId) ?? Infinity;
      if (index >= model.trained.nItems && this.light.has(itemId)) unknown.push(itemId);
    }
    if (unknown.length > 0) await registry.introduce(await this.itemsById(unknown));
  }

  /** Reads the light view of all items, and as many whole items as the cache holds. True if any item differs. */
  private async readAll(): Promise<boolean> {
    let hasChanged = false;
    const light = new Map<string, LightItem>();
    const titles = new TitleIndex();
    const words = new CatalogueWords();
    const categories = new Map<string, string>();
    // A new cache, filled while the old cache still serves concurrent requests.
    const cache = new LRUCache<string, Item>({ max: CACHED_ITEMS });
    for await (const batch of this.options.store.items.streamAll()) {
      for (const item of batch) {
        const { itemId, category } = item;
        if (cache.size < CACHED_ITEMS) cache.set(itemId, item);
        // Share a single string per category: the driver creates a new string for every row.
        const shared = categories.get(category) ?? category;
        categories.set(category, shared);
        const known = this.unchanged(item);
        hasChanged ||= known === null;
        light.set(itemId, known ?? this.lightOf(item, shared));
        titles.add(itemId, item.title);
        words.change(itemId, item);
      }
    }
    hasChanged ||= light.size !== this.light.size;
    this.light = light;
    this.titles = titles;
    this.ownWords = words;
    this.cache = cache;
    return hasChanged;
  }

  private async readSome(itemIds: readonly string[]): Promise<boolean> {
    const found = new Map(
      (await this.options.store.items.findMany(itemIds)).map((item) => [item.itemId, item]),
    );
    let hasChanged = false;
    for (const itemId of itemIds) {
      const item = found.get(itemId);
      this.titles.change(itemId, item?.title ?? null);
      this.ownWords.change(itemId, item ?? null);
      if (item === undefined) {
        this.cache.delete(itemId);
        hasChanged = this.light.delete(itemId) || hasChanged;
      } else if (this.unchanged(item) === null) {
        this.light.set(itemId, this.lightOf(item, item.category));
        this.cache.set(itemId, item);
        hasChanged = true;
      }
    }
    // A full read rebuilds the index without changes; if it fails, the next read tries again.
    if (this.titles.nChanges > MAX_TITLE_CHANGES) this.refresh().catch(() => undefined);
    return hasChanged;
  }

  /** The light view of an item if no cached data of it differ, otherwise null. */
  private unchanged(item: Item): LightItem | null {
    const known = this.light.get(item.itemId);
    if (known?.category !== item.category || known.isAvailable !== item.isAvailable) return null;
    const whole = this.cache.peek(item.itemId);
    return whole === undefined || canonical(whole) === canonical(item) ? known : null;
  }

  private lightOf({ isAvailable }: Item, category: string): LightItem {
    return { category, isAvailable, changedIn: this.nChanges + 1 };
  }

  private publish(): void {
    this.hasNews = this.pause !== null;
    if (this.hasNews) return;
    this.options.bus.publish('catalogue.changed', { revision: this.storedRevision });
    this.pause = setTimeout(() => {
      this.pause = null;
      if (this.hasNews) this.publish();
    }, PUBLISH_PAUSE_MS).unref();
  }

  /** Call after these items were written or removed (null: any): every instance reads them again. */
  async changed(itemIds: readonly string[] | null = null): Promise<void> {
    await this.options.store.dataset.raiseCatalogueRevision();
    await this.options.announce('catalogue', [], itemIds);
    await this.refresh(itemIds);
  }

  has(itemId: string): boolean {
    return this.light.has(itemId);
  }

  /** Number of items. */
  get size(): number {
    return this.light.size;
  }

  /** Categories and tags of all items. */
  get words(): Pick<CatalogueWords, 'size' | 'wordsOf' | 'countOf'> {
    return this.ownWords;
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
    const generation = this.nChanges;
    for (const item of await this.options.store.items.findMany(missing)) {
      // If the generation moved during the query, its result may be older than the cache.
      if (generation === this.nChanges) this.cache.set(item.itemId, item);
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
    if (!this.has(itemId)) throw new ItemNotFoundError(itemId);
    // In the catalogue, but not in the model: no similarities before the next training.
    if (index === undefined) return [];
    await this.turns.take('similar');
    const isAllowed = (itemIndex: number) => this.isAvailable(model.itemIds[itemIndex]);
    return similarItems(model.recommender, index, { n: first, isAllowed }).map(
      ({ itemIndex, similarity }) => ({
        itemId: model.itemIds[itemIndex],
        similarity,
      }),
    );
  }

  async updateItem(itemId: string, patch: ItemPatch): Promise<Item | null> {
    const { store } = this.options;
    const stored = await store.items.find(itemId);
    if (stored === null) return null;
    const item = { ...stored, ...patch };
    await store.items.replaceMany([item]);
    await this.changed([itemId]);
    return item;
  }

  async importItems(
    items: readonly Item[],
  ): Promise<{ inserted: number; updated: number; unchanged: number }> {
    if (items.length > 0) await this.options.demo.end();
    const result = await this.options.store.items.replaceMany(items);
    await this.changed(items.map(({ itemId }) => itemId));
    return result;
  }
}
