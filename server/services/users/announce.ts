/**
 * Publishes cache-invalidation notices to other instances. `instances.ts` subscribes to them.
 */

import type { Notice, Store } from '../../store/index.js';

/** `userIds`: users of the changed profiles; `itemIds`: changed items of the catalogue, null for any. */
export type Announce = (
  kind: Notice['kind'],
  userIds?: readonly string[],
  itemIds?: readonly string[] | null,
) => Promise<void>;

export function createAnnounce(store: Store, origin: string, clock: () => number): Announce {
  return (kind, userIds = [], itemIds = null) =>
    store.notices.append({ kind, origin, userIds, itemIds, at: clock() });
}
