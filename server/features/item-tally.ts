/** Stage 3, for the catalogue page: adds events up by item. All-time sums; the time of an event does not matter. */

import type { BehaviourEvent, Counts, ItemCounter, ItemCounts } from '../domain/index.js';
import { addCount, emptyCounts } from '../domain/index.js';

import { isOfOwnList } from './metric-tally.js';

const COUNTER_OF: Partial<Record<BehaviourEvent['type'], ItemCounter>> = {
  impression: 'impressions',
  view: 'views',
  click: 'clicks',
  cart: 'carts',
  purchase: 'purchases',
  like: 'likes',
  dislike: 'dislikes',
};

/** The counter of an event; null for events that are not counted by item. */
function itemCounterOf(event: BehaviourEvent): ItemCounter | null {
  if (event.itemId === null) return null;
  // Impressions of lists of this system are counted when they are served.
  if (event.type === 'impression' && isOfOwnList(event)) return null;
  return COUNTER_OF[event.type] ?? null;
}

export class ItemTally {
  private readonly items = new Map<string, ItemCounts & { readonly counters: Counts }>();

  /** `repeats`: ids of repeated clicks in the same list, which are not counted. */
  addEvents(events: readonly BehaviourEvent[], repeats: ReadonlySet<string>): void {
    for (const event of events) {
      const counter = itemCounterOf(event);
      if (counter === null || repeats.has(event.id)) continue;
      const itemId = event.itemId!;
      let row = this.items.get(itemId);
      if (row === undefined) this.items.set(itemId, (row = { itemId, counters: emptyCounts(), served: 0 }));
      addCount(row.counters, counter);
    }
  }

  /** Returns the counts since the last call. */
  take(): ItemCounts[] {
    const rows = [...this.items.values()];
    this.items.clear();
    return rows;
  }
}
