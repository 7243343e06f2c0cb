/** How an instance tells the others that something they may remember is another now. `instances.ts` listens. */

import type { Notice, Store } from '../store/index.js';

export type Announce = (kind: Notice['kind'], userIds?: readonly string[]) => Promise<void>;

export function createAnnounce(store: Store, origin: string, clock: () => number): Announce {
  return (kind, userIds = []) => store.notices.append({ kind, origin, userIds, at: clock() });
}
