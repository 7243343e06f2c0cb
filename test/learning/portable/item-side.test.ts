import { describe, expect, it } from 'vitest';

import { InvalidModelError } from '../../../server/learning/errors.js';
import { fitRecommender, foldIn, scoreAll } from '../../../server/learning/factorization/index.js';
import {
  decodeRows,
  decodeValues,
  encodeRows,
  encodeValues,
} from '../../../server/learning/portable/codes.js';
import { divideRoom, strongest } from '../../../server/learning/portable/entries.js';
import { packItemSide, unpackItemSide } from '../../../server/learning/portable/index.js';
import { joinSymmetric, splitSymmetric } from '../../../server/learning/portable/symmetric-rows.js';
import { transpose } from '../../../server/learning/linalg/index.js';
import type { ItemSide } from '../../../server/learning/portable/index.js';
import { recommend } from '../../../server/learning/ranking/index.js';
import { historyOf, inputOf, tastes } from '../factorization/example-data.js';

const N_ITEMS = 60;
const HISTORIES = tastes({ nUsers: 300, nItems: N_ITEMS, nGroups: 3, seed: 7 });
const MODEL = fitRecommender(inputOf(HISTORIES, N_ITEMS, { userPersona: HISTORIES.map((_, u) => u % 3) }), {
  seed: 1,
  hyperParameters: {
    nComponents: 8,
    nNeighbours: 12,
    sequenceWeight: 0.5,
    popularityWeight: 0.1,
    companionWeight: 16,
  },
});
const names = (prefix: string) => Array.from({ length: N_ITEMS }, (_, i) => `${prefix} ${i} “ü”`);
const SIDE: ItemSide = {
  version: 7,
  exclude: ['rated', 'bought'],
  recommender: MODEL,
  items: { ids: names('id'), titles: names('title'), categories: names('category') },
  isAvailable: Uint8Array.from({ length: N_ITEMS }, (_, i) => Number(i % 5 > 0)),
};

const packed = () => packItemSide(SIDE);

describe('the codes of numbers', () => {
  it('give values back to half a step, of either sign and any size', () => {
    const values = Float32Array.of(0, 0.24, -0.26, 3, -1000, 70_000);
    const step = 0.5;
    const decoded = decodeValues(encodeValues(values, step), step);
    decoded.forEach((value, p) => expect(Math.abs(value - values[p])).toBeLessThanOrEqual(step / 2));
  });

  it('give sparse rows back, without the entries that round to zero', () => {
    const rows = {
      indptr: Int32Array.of(0, 3, 3, 5),
      indices: Int32Array.of(0, 4, 99_999, 2, 3),
      values: Float32Array.of(1, 0.1, -2, 3, 0.5),
    };
    expect(decodeRows(encodeRows(rows, 0.5), 0.5, 100_000)).toEqual({
      indptr: Int32Array.of(0, 2, 2, 4),
      indices: Int32Array.of(0, 99_999, 2, 3),
      values: Float32Array.of(1, -2, 3, 0.5),
    });
  });

  it('refuse a column beyond the last item', () => {
    const rows = { indptr: Int32Array.of(0, 1), indices: Int32Array.of(5), values: Float32Array.of(1) };
    expect(() => decodeRows(encodeRows(rows, 1), 1, 5)).toThrow(InvalidModelError);
  });
});

describe('the strongest entries', () => {
  const rows = {
    indptr: Int32Array.of(0, 2, 4),
    indices: Int32Array.of(0, 1, 0, 1),
    values: Float32Array.of(0.2, 0.4, 0.5, 0.3),
  };

  it('are those of large values in the rows of items that many users have', () => {
    const kept = strongest(rows, Float32Array.of(1, 0.1), 2);
    expect(kept.indptr).toEqual(Int32Array.of(0, 2, 2));
    expect(kept.indices).toEqual(Int32Array.of(0, 1));
  });

  it('are all of them where there are no more', () => {
    expect(strongest(rows, Float32Array.of(1, 0.1), 4)).toBe(rows);
  });

  it.each([
    { a: 900, b: 900, kept: [50, 50] },
    { a: 10, b: 900, kept: [10, 90] },
    { a: 900, b: 0, kept: [100, 0] },
    { a: 30, b: 40, kept: [30, 40] },
  ])('share the room of two terms: $a and $b', ({ a, b, kept }) => {
    expect(divideRoom(100, a, b)).toEqual(kept);
  });
});

describe('the item side of a model', () => {
  it('comes back with its texts, and without personas', () => {
    const { version, exclude, items, isAvailable, recommender } = unpackItemSide(packed());
    expect({ version, exclude, items, isAvailable }).toEqual({
      ...{ version: 7, exclude: ['rated', 'bought'], items: SIDE.items, isAvailable: SIDE.isAvailable },
    });
    expect(recommender.nPersonas).toBe(0);
    expect(recommender.hyperParameters).toEqual(MODEL.hyperParameters);
  });

  it('scores within 1e-4 of the model and lists the same items', () => {
    const { recommender } = unpackItemSide(packed());
    const histories = [
      historyOf([]),
      historyOf([0, 3, 6]),
      historyOf([1, 2], [4, 5]),
      ...HISTORIES.slice(0, 50),
    ];
    for (const history of histories) {
      const [full, device] = [MODEL, recommender].map((model) => foldIn(model, history, { now: Infinity }));
      const scores = scoreAll(MODEL, full);
      scoreAll(recommender, device).forEach((score, j) =>
        expect(Math.abs(score - scores[j])).toBeLessThan(1e-4),
      );
      const [a, b] = [recommend(MODEL, full, { n: 10 }), recommend(recommender, device, { n: 10 })];
      const clear = a.filter(({ score }, k) => k === 0 || a[k - 1].score - score > 2e-4);
      for (const { itemIndex } of clear) expect(b.map((row) => row.itemIndex)).toContain(itemIndex);
    }
  });

  it.each([
    'empty',
    'of another program',
    'shorter by a byte',
    'longer by a byte',
    'without its second half',
  ])('is refused with a clear error: %s', (what) => {
    const bytes = packed();
    const wrong = {
      empty: new Uint8Array(0),
      'of another program': new TextEncoder().encode('<!doctype html><title>Not found</title>'),
      'shorter by a byte': bytes.subarray(0, -1),
      'longer by a byte': Uint8Array.of(...bytes, 0),
      'without its second half': bytes.subarray(0, bytes.length / 2),
    }[what]!;
    expect(() => unpackItemSide(wrong)).toThrow(InvalidModelError);
  });

  it('never fails otherwise, wherever a byte of the header is changed', () => {
    const bytes = packed();
    const length = new DataView(bytes.buffer).getUint32(4, true);
    for (let at = 0; at < 8 + length; at += 3) {
      const changed = bytes.slice();
      changed[at] ^= 1 << (at % 8);
      try {
        unpackItemSide(changed);
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidModelError);
      }
    }
  });
});

describe('the halves of the item-to-item term', () => {
  const near = (a: Float32Array, b: Float32Array) =>
    a.every((value, p) => Math.abs(value - b[p]) <= 1e-5 * Math.max(1, Math.abs(b[p])));

  it('keep one value of a pair, and give both back', () => {
    const rows = MODEL.itemToItem;
    const halves = splitSymmetric(rows, N_ITEMS, 1e-6);
    expect(halves.pairs.indices.length).toBe(rows.indices.length / 2);
    expect(halves.rest.indices.length).toBe(0);
    const joined = joinSymmetric(halves);
    expect(joined.indptr).toEqual(rows.indptr);
    expect(joined.indices).toEqual(rows.indices);
    expect(near(joined.values, rows.values)).toBe(true);
  });

  it('leave entries of new items, and rows of another kind, as they are', () => {
    const rows = MODEL.itemToItem;
    const some = splitSymmetric(rows, N_ITEMS - 5, 1e-6);
    expect(some.rest.indices.length).toBeGreaterThan(0);
    const sorted = (matrix: typeof rows) => transpose(transpose(matrix, N_ITEMS), N_ITEMS);
    expect(sorted(joinSymmetric(some)).indices).toEqual(rows.indices);
    const changed = { ...rows, values: rows.values.map((value, p) => (p === 7 ? -3 * value : value)) };
    const whole = splitSymmetric(changed, N_ITEMS, 1e-6);
    expect(whole.rest).toBe(changed);
    expect(whole.pairs.indices.length).toBe(0);
  });
});
