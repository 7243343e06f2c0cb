/**
 * What was shown to whom, where. A list is counted when it is handed out, once, however often it is read; clicks and
 * thumbs that name it get their position from here.
 *
 * Impressions counted here feed the dashboards alone. They are not events of the user: that a list was handed out says
 * nothing of what the user looked at, and if it moved the profile, reading a list would change the list. A site that
 * knows better reports impressions as events; those about lists of this system are then recorded, not counted twice.
 */

import { LRUCache } from 'lru-cache';

import type { Logger, RecommendationList } from '../../domain/index.js';
import { OWN_LIST_PREFIX } from '../../domain/index.js';
import type { ShownList, Store } from '../../store/index.js';

import type { ActivityMetrics } from '../users/index.js';
import { WriteBehind } from '../users/index.js';

const FLUSH_DELAY_MS = 1_000;
const REMEMBERED_LISTS = 50_000;
/** Lists that may wait to be written; past it only this instance's memory knows where their items stood. */
const MAX_WAITING = 1_000;

export interface ShownListsOptions {
  readonly store: Store;
  readonly metrics: ActivityMetrics;
  readonly clock: () => number;
  readonly log: Logger;
}

/** An item somebody acted on, and the list it was in. */
export interface Mention {
  readonly userId: string;
  readonly itemId: string | null;
  readonly listId: string | null;
  /** What the sender says. */
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

  /** A list is on its way to its user. */
  add(list: RecommendationList): void {
    if (this.counted.has(list)) return;
    this.counted.add(list);
    if (list.items.length === 0) return;
    const { listId, userId, personaId } = list;
    const at = this.options.clock();
    const shown = { listId, userId, at, itemIds: list.items.map((item) => item.itemId) };
    this.options.metrics.addShown(userId, personaId, at, shown.itemIds.length);
    this.remembered.set(listId, shown);
    if (this.writes.size < MAX_WAITING) this.writes.put(listId, shown);
  }

  /** Zero-based positions. What this system knows outranks what the sender says; null where nobody knows. */
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

  /** The items of the lists handed out to a user in the last three days, by any instance a second ago or this one. */
  async itemsListedTo(userId: string): Promise<Set<string>> {
    const stored = await this.options.store.shownLists.findLately(userId);
    const waiting = [...this.writes.values()].filter((list) => list.userId === userId);
    return new Set([...stored, ...waiting].flatMap(({ itemIds }) => itemIds));
  }

  /** Forgets one user, here; what is stored is the caller's to delete. */
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
