/** Simulated users as learning sees them, without a database in between. */

import type { ItemContent, Dataset } from '../../../server/features/index.js';
import { DatasetBuilder, encodeItems, rebuildProfile } from '../../../server/features/index.js';
import type { Truth } from '../../../server/ingest/index.js';
import { synthesize } from '../../../server/ingest/index.js';

export interface SyntheticData {
  readonly dataset: Dataset;
  readonly content: ItemContent;
  readonly truth: Truth;
}

const END_AT = Date.UTC(2026, 10, 23);

export function syntheticData(nUsers: number, seed = 20_240_229): SyntheticData {
  const world = synthesize({ seed, nUsers, endAt: END_AT, pseudonymize: (rawId) => rawId });
  const categoryOf = new Map(world.items.map(({ itemId, category }) => [itemId, category]));
  const catalogue = { categoryOf: (itemId: string) => categoryOf.get(itemId) ?? null };
  const builder = new DatasetBuilder(
    world.items.map(({ itemId }) => itemId),
    { now: END_AT },
  );
  for (const { events } of world.batches()) {
    for (let start = 0; start < events.length;) {
      const { userId } = events[start];
      let end = start;
      while (end < events.length && events[end].userId === userId) end++;
      builder.add(rebuildProfile(userId, events.slice(start, end), catalogue));
      start = end;
    }
  }
  return { dataset: builder.build(), content: encodeItems(world.items), truth: world.truth };
}
