/** Detects changed items, for every store implementation. */

import type { Item } from '../domain/index.js';

/** Serializes an item independently of the order of its fields. */
export function canonical(item: Item): string {
  const sorted = (record: object) =>
    Object.entries(record).sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
  return JSON.stringify(sorted({ ...item, attributes: sorted(item.attributes) }));
}
