import { describe, expect, it } from 'vitest';

import {
  DatasetBuilder,
  FEATURE_NAMES,
  featureRow,
  historyOf,
  indexItems,
  rebuildProfile,
} from '../../server/features/index.js';
import type { Profile } from '../../server/domain/index.js';
import { KNOWN_TIME_FROM as DOMAIN_KNOWN_TIME_FROM } from '../../server/domain/index.js';
import type { Dataset } from '../../server/features/index.js';
import { KNOWN_TIME_FROM } from '../../server/learning/index.js';

import { CATALOGUE, event, randomEvents } from './event-stream.js';

const NOW = Date.UTC(2026, 6, 1);
const ITEM_IDS = ['i7', 'i3', 'i1', 'i0', 'i2', 'i5', 'i4', 'i6'];

describe('a data set', () => {
  it('and learning mean the same by an unknown time', () => {
    expect(KNOWN_TIME_FROM).toBe(DOMAIN_KNOWN_TIME_FROM);
  });

  const profiles = [1, 2, 3, 4, 5].map((seed) =>
    rebuildProfile(`user-${seed}`, randomEvents(seed, 30), CATALOGUE),
  );
  const dataset = built([4, 0, 3, 1, 2].map((user) => profiles[user]));

  function built(rows: readonly Profile[]): Dataset {
    const builder = new DatasetBuilder(ITEM_IDS, { now: NOW });
    for (const profile of rows) builder.add(profile);
    return builder.build();
  }

  it('is the same whatever the order its users came in', () => {
    expect(built(profiles)).toEqual(dataset);
  });

  it('holds for each user the row that serving would make', () => {
    const { indptr, indices, strength, opinion, purchased, at } = dataset.interactions;
    const itemIndex = indexItems(ITEM_IDS);
    expect(dataset.userIds).toEqual(profiles.map((profile) => profile.userId));
    expect(indptr[0]).toBe(0);
    expect(indptr[5]).toBe(indices.length);
    profiles.forEach((profile, u) => {
      const row = (array: Int32Array | Float32Array | Int8Array | Uint8Array | Float64Array) => [
        ...array.slice(indptr[u], indptr[u + 1]),
      ];
      const history = historyOf(profile, itemIndex);
      expect(row(indices)).toEqual([...history.indices]);
      expect(row(strength)).toEqual([...history.strength]);
      expect(row(opinion)).toEqual([...history.opinion]);
      expect(row(purchased)).toEqual([...history.purchased]);
      expect(row(at)).toEqual([...history.at]);
    });
  });

  it('holds for each user the feature row that serving would make', () => {
    const isLongTail = (itemId: string) => dataset.longTail[ITEM_IDS.indexOf(itemId)] === 1;
    profiles.forEach((profile, u) => {
      const served = featureRow(profile, { now: NOW, isLongTail });
      FEATURE_NAMES.forEach((name, f) => {
        expect(dataset.features[u * FEATURE_NAMES.length + f], name).toBe(served[f]);
      });
    });
  });

  it('counts the most popular fifth of the items as the head', () => {
    expect(dataset.longTail.reduce((sum, flag) => sum + flag, 0)).toBe(ITEM_IDS.length - 2);
  });

  it('lies in memory that threads can share', () => {
    for (const array of Object.values(dataset.interactions))
      expect(array.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(dataset.features.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it('takes more users than its first allocation', () => {
    const ids = Array.from({ length: 1_500 }, (_, u) => `user-${String(u).padStart(4, '0')}`);
    const large = built(ids.map((userId, u) => ({ ...profiles[u % 5], userId })));
    expect(large.userIds).toEqual(ids);
    expect(large.interactions.indices.length).toBe(300 * dataset.interactions.indices.length);
    expect(large.features.slice(-5 * FEATURE_NAMES.length)).toEqual(dataset.features.slice());
  });

  it('is empty and whole without users', () => {
    const empty = new DatasetBuilder(ITEM_IDS, { now: NOW }).build();
    expect(empty.nUsers).toBe(0);
    expect([...empty.interactions.indptr]).toEqual([0]);
  });
});

describe("a user's history", () => {
  it('is ascending by item and leaves out unknown items and thumbs taken back', () => {
    const profile = rebuildProfile(
      'u',
      [
        event({ id: 'a', type: 'like', itemId: 'i0' }),
        event({ id: 'b', type: 'like', itemId: 'unknown' }),
        event({ id: 'c', type: 'like', itemId: 'i1' }),
        event({ id: 'd', type: 'retract', itemId: 'i1' }),
        event({ id: 'e', type: 'dislike', itemId: 'i7' }),
        event({ id: 'f', type: 'impression', itemId: 'i2' }),
      ],
      CATALOGUE,
    );
    const history = historyOf(profile, indexItems(ITEM_IDS));
    expect([...history.indices]).toEqual([0, 3]);
    expect([...history.opinion]).toEqual([-1, 1]);
    expect([...history.strength]).toEqual([0, 6]);
  });
});
