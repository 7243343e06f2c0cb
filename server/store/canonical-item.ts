/** Telling whether an item changed, whichever database keeps it. */

import type { Item } from '../domain/index.js';

/** The same text for the same item, whatever the order of its fields. */
export function canonical(item: Item): string {
  const sorted = (record: object) =>
    Object.entries(record).sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
  return JSON.stringify(sorted({ ...item, attributes: sorted(item.attributes) }));
}
