/** Random but reproducible behaviour for the tests of aggregation, and the catalogue it refers to. */

import type { BehaviourEvent, RecordedEventType } from '../../server/domain/index.js';
import type { Catalogue } from '../../server/features/index.js';
import { createRandom } from '../../server/learning/index.js';

const TYPES: RecordedEventType[] = [
  'impression',
  'view',
  'click',
  'search',
  'cart',
  'purchase',
  'like',
  'dislike',
  'retract',
];

export const CATALOGUE: Catalogue = {
  categoryOf: (itemId) => (itemId === 'unknown' ? null : `category-${Number(itemId.slice(1)) % 4}`),
};

export function isLongTail(itemId: string): boolean {
  return itemId !== 'unknown' && Number(itemId.slice(1)) >= 6;
}

export function event(
  over: Partial<BehaviourEvent> & { id: string; type: RecordedEventType },
): BehaviourEvent {
  return {
    userId: 'u',
    itemId: over.type === 'search' ? null : 'i1',
    at: Date.UTC(2026, 0, 5),
    value: null,
    sessionId: null,
    position: null,
    listId: null,
    device: null,
    locale: null,
    ...over,
  };
}

/** In ascending (time, id) order; some share a time, some have no session, all kinds of pauses. */
export function randomEvents(seed: number, count: number): BehaviourEvent[] {
  const random = createRandom(seed);
  let at = Date.UTC(2026, 0, 1, 22);
  let session: string | null = null;
  const events: BehaviourEvent[] = [];
  for (let i = 0; i < count; i++) {
    const type = TYPES[random.int(TYPES.length)];
    if (random.next() < 0.7) at += Math.floor(10 ** (7.5 * random.next()));
    if (random.next() < 0.3) session = random.next() < 0.4 ? null : `s${random.int(5)}`;
    events.push(
      event({
        id: `e${random.int(1e9)}-${i}`,
        type,
        at,
        itemId: type === 'search' ? null : random.next() < 0.05 ? 'unknown' : `i${random.int(8)}`,
        value: random.next() < 0.3 ? null : random.int(300),
        sessionId: session,
        device: ['mobile', 'desktop', null][random.int(3)],
        locale: ['en', 'de-AT', null][random.int(3)],
      }),
    );
  }
  return events.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
}
