/**
 * Positions of items in delivered lists. A list is counted once, when it is delivered, however often it is read; clicks
 * and thumbs that name a list get their position from here.
 *
 * Impressions counted here are used only by the dashboards. They are not events of the user: delivery does not mean
 * that the user looked at the list, and if it changed the profile, reading a list would change the list. A site with
 * better information reports impressions as events; events on lists of this system are recorded, not counted twice.
 */

import { LRUCache } from 'lru-cache';

import type { Logger, RecommendationList } from '../../domain/index.js';
import { OWN_LIST_PREFIX } from '../../domain/index.js';
import type { ShownList, Store } from '../../store/index.js';

import type { ActivityMetrics } from '../users/index.js';
import { WriteBehind } from '../users/index.js';

const FLUSH_DELAY_MS = 1_000;
const REMEMBERED_LISTS = 50_000;
/** Maximum number of lists waiting to be written; beyond it, positions are kept only in this instance's memory. */
const MAX_WAITING = 1_000;

interface ShownListsOptions {
  readonly store: Store;
  readonly metrics: ActivityMetrics;
  readonly clock: () => number;
  readonly log: Logger;
}

/** An item that a user acted on, and the list it was in. */
interface Mention {
  readonly userId: string;
  readonly itemId: string | null;
  readonly listId: string | null;
  /** The position sent by the client. */
  readonly position: number | null;
}

export class ShownLists {
  private readonly counted = new WeakSet<RecommendationList>();
  private readonly remembered = new LRUCache<string, ShownList>({ max: REMEMBERED_LISTS });
  private readonly writes: WriteBehind<ShownList>;

  constructor(private readonly options: ShownListsOptions) {
    this.writes = new WriteBehind<ShownList>({
      name: 'shown lists',
      delayMs: FLUSH_DELAY_MS,
      sliceSize: 16,
      log: options.log,
      write: (batch) => options.store.shownLists.append([...batch.values()]),
      merge: (older) => older,
    });
  }

  /** Counts a list that is delivered to its user. */
  add(list: RecommendationList): void {
    if (this.counted.has(list)) return;
    this.counted.add(list);
    if (list.items.length === 0) return;
    const { listId, userId, personaId } = list;
    const at = this.options.clock();
    const shown = { listId, userId, at, itemIds: list.items.map((item) => item.itemId) };
    this.options.metrics.addShown(userId, personaId, at, shown.itemIds);
    this.remembered.set(listId, shown);
    if (this.writes.size < MAX_WAITING) this.writes.put(listId, shown);
  }

  /** Zero-based positions. The recorded list takes precedence over the sender's position; null if both are unknown. */
  async positionsOf(mentions: readonly Mention[]): Promise<(number | null)[]> {
    const unknown = new Set<string>();
    for (const { listId } of mentions) {
      if (listId?.startsWith(OWN_LIST_PREFIX) === true && !this.remembered.has(listId)) unknown.add(listId);
    }
    if (unknown.size > 0) {
      for (const shown of await this.options.store.shownLists.findMany([...unknown])) {
        this.remembered.set(shown.listId, shown);
      }
    }
    return mentions.map(({ userId, itemId, listId, position }) => {
      const shown = listId === null ? undefined : this.remembered.get(listId);
      if (shown === undefined || shown.userId !== userId || itemId === null) return position;
      const found = shown.itemIds.indexOf(itemId);
      return found === -1 ? position : found;
    });
  }

  /**
   * Items of the lists delivered to a user in the last three days, including lists of this instance that are not yet
   * written. Lists of other instances appear after about a second.
   */
  async itemsListedTo(userId: string): Promise<Set<string>> {
    const stored = await this.options.store.shownLists.findLately(userId);
    const waiting = [...this.writes.values()].filter((list) => list.userId === userId);
    return new Set([...stored, ...waiting].flatMap(({ itemIds }) => itemIds));
  }

  /** Drops a user from memory; the caller deletes the stored lists. */
  forget(userId: string): void {
    this.options.metrics.forget(userId);
    for (const [listId, shown] of this.remembered.entries()) {
      if (shown.userId !== userId) continue;
      this.remembered.delete(listId);
      this.writes.drop(listId);
    }
  }

  drain(): Promise<void> {
    return this.writes.drain();
  }
}
