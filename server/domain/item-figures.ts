/** What happened to an item since the beginning of the record. */

import type { Counts } from './counts.js';
import { addCount, copyCounts } from './counts.js';

export const ITEM_COUNTERS = [
  'impressions',
  'views',
  'clicks',
  'carts',
  'purchases',
  'likes',
  'dislikes',
] as const;
export type ItemCounter = (typeof ITEM_COUNTERS)[number];

/** Counts to add to the figures of an item. */
export interface ItemCounts {
  readonly itemId: string;
  /** By `ItemCounter`; counted from recorded events, so a recount restores them. */
  readonly counters: Readonly<Counts>;
  /** Impressions in lists of this system, which are not recorded events. */
  readonly served: number;
}

export interface ItemFigures extends Readonly<Record<ItemCounter, number>> {
  readonly itemId: string;
  /** Clicks per impression; null without an impression. */
  readonly ctr: number | null;
}

/** Adds up the counts of the same item. */
export function addUpItems(older: ItemCounts, newer: ItemCounts): ItemCounts {
  const counters = copyCounts(older.counters);
  for (const [name, count] of Object.entries(newer.counters)) addCount(counters, name, count);
  return { itemId: older.itemId, counters, served: older.served + newer.served };
}

export function itemFiguresOf({ itemId, counters, served }: ItemCounts): ItemFigures {
  const counts = Object.fromEntries(ITEM_COUNTERS.map((name) => [name, counters[name] ?? 0])) as Record<
    ItemCounter,
    number
  >;
  const impressions = counts.impressions + served;
  // Clicks outside of lists have no impression.
  const ctr = impressions > 0 ? Math.min(1, counts.clicks / impressions) : null;
  return { itemId, ...counts, impressions, ctr };
}
