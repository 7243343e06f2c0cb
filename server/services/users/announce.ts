/** How an instance tells the others that something they may remember is another now. `instances.ts` listens. */

import type { Notice, Store } from '../../store/index.js';

/** `userIds`: whose profiles; `itemIds`: which items of the catalogue, null for any. */
export type Announce = (
  kind: Notice['kind'],
  userIds?: readonly string[],
  itemIds?: readonly string[] | null,
) => Promise<void>;

export function createAnnounce(store: Store, origin: string, clock: () => number): Announce {
  return (kind, userIds = [], itemIds = null) =>
    store.notices.append({ kind, origin, userIds, itemIds, at: clock() });
}
