/** Every metric against a slow twin that follows its definition word by word. */

import { describe, expect, it } from 'vitest';

import { EVENT_WEIGHTS } from '../../../server/features/index.js';
import {
  bootstrapMean,
  evaluate,
  holdOut,
  strongestSignal,
  judgeUser,
} from '../../../server/learning/evaluation/index.js';
import { createRandom } from '../../../server/learning/linalg/index.js';

/** The definitions, with sorting and pairs spelled out. */
function slowMetrics(scores: Float32Array, seen: readonly number[], held: readonly number[]) {
  const candidates = [...scores.keys()].filter((item) => !seen.includes(item));
  const ranked = candidates.sort((a, b) => scores[b] - scores[a] || a - b);
  const hitsIn = (k: number) => ranked.slice(0, k).filter((item) => held.includes(item)).length;
  let dcg = 0;
  ranked.slice(0, 10).forEach((item, rank) => {
    if (held.includes(item)) dcg += 1 / Math.log2(rank + 2);
  });
  let ideal = 0;
  for (let rank = 0; rank < Math.min(10, held.length); rank++) ideal += 1 / Math.log2(rank + 2);
  const others = candidates.filter((item) => !held.includes(item));
  let pairs = 0;
  for (const good of held) {
    for (const other of others)
      pairs += scores[good] > scores[other] ? 1 : scores[good] === scores[other] ? 0.5 : 0;
  }
  return {
    'precision@5': hitsIn(5) / 5,
    'precision@10': hitsIn(10) / 10,
    'recall@10': hitsIn(10) / held.length,
    'ndcg@10': dcg / ideal,
    'hitRate@10': hitsIn(10) > 0 ? 1 : 0,
    auc: pairs / (held.length * others.length),
  };
}

describe('judging one user', () => {
  it('agrees with the definitions on random rankings, ties included', () => {
    const random = createRandom(3);
    for (let round = 0; round < 200; round++) {
      const nItems = 12 + random.int(60);
      // Few distinct values, so that ties are common.
      const scores = Float32Array.from({ length: nItems }, () => random.int(8) / 4);
      const items = random.shuffle(Array.from({ length: nItems }, (_, item) => item));
      const nHeld = 1 + random.int(6);
      const held = items.slice(0, nHeld);
      const seen = items.slice(nHeld, nHeld + random.int(4));
      const { metrics } = judgeUser(scores, Int32Array.from(seen), Int32Array.from(held));
      const slow = slowMetrics(scores, seen, held);
      for (const [name, value] of Object.entries(slow)) {
        expect(metrics[name as keyof typeof metrics], name).toBeCloseTo(value, 10);
      }
    }
  });

  it('gives a perfect ranking the best of every metric', () => {
    const { metrics, list } = judgeUser(
      Float32Array.of(9, 8, 7, 6, 5, 0, 0, 0),
      new Int32Array(),
      Int32Array.of(0, 1, 2, 3, 4),
    );
    expect(metrics['precision@5']).toBe(1);
    expect(metrics['recall@10']).toBe(1);
    expect(metrics['ndcg@10']).toBe(1);
    expect(metrics.auc).toBe(1);
    expect(Array.from(list.slice(0, 5))).toEqual([0, 1, 2, 3, 4]);
  });

  it('never lists what was seen', () => {
    const { list } = judgeUser(Float32Array.of(9, 8, 7), Int32Array.of(0), Int32Array.of(2));
    expect(Array.from(list)).toEqual([1, 2]);
  });
});

describe('the bootstrap', () => {
  it('has the mean inside an interval that narrows with more values', () => {
    const random = createRandom(5);
    const few = bootstrapMean(
      Float64Array.from({ length: 50 }, () => random.next()),
      { seed: 1 },
    );
    const many = bootstrapMean(
      Float64Array.from({ length: 5_000 }, () => random.next()),
      { seed: 1 },
    );
    for (const { value, low, high } of [few, many]) {
      expect(low).toBeLessThanOrEqual(value);
      expect(high).toBeGreaterThanOrEqual(value);
    }
    expect(many.high - many.low).toBeLessThan((few.high - few.low) / 4);
  });

  it('covers the true mean in about 95 of 100 samples', () => {
    const random = createRandom(7);
    let covered = 0;
    for (let round = 0; round < 200; round++) {
      const { low, high } = bootstrapMean(
        Float64Array.from({ length: 80 }, () => random.next()),
        { seed: round },
      );
      if (low <= 0.5 && high >= 0.5) covered += 1;
    }
    expect(covered).toBeGreaterThan(175);
    expect(covered).toBeLessThan(200);
  });

  it('says 0 for nobody', () => {
    expect(bootstrapMean(new Float64Array(), { seed: 1 })).toEqual({ value: 0, low: 0, high: 0 });
  });
});

const DAY = 86_400_000;

function interactionsOf(rows: readonly (readonly [item: number, opinion: number, at: number])[][]) {
  const flat = rows.flat();
  const indptr = Int32Array.from([0, ...rows.map((_, user) => rows.slice(0, user + 1).flat().length)]);
  return {
    indptr,
    indices: Int32Array.from(flat, ([item]) => item),
    strength: new Float32Array(flat.length).fill(1),
    opinion: Int8Array.from(flat, ([, opinion]) => opinion),
    purchased: new Uint8Array(flat.length),
    at: Float64Array.from(flat, ([, , at]) => at),
  };
}

const options = { seed: 1 };

describe('the hold-out', () => {
  it('takes the likes of the last week where events have times', () => {
    const rows = [
      [
        [0, 1, 100 * DAY],
        [1, 1, 120 * DAY],
        [2, -1, 119 * DAY],
        [3, 0, 119 * DAY],
      ],
      [
        [1, 1, 101 * DAY],
        [2, 1, 102 * DAY],
      ],
    ] as const;
    const { kind, train, test } = holdOut(interactionsOf(rows.map((row) => [...row])), options);
    expect(kind).toBe('temporal');
    expect(Array.from(test.indptr)).toEqual([0, 1, 1]);
    expect(Array.from(test.indices)).toEqual([1]);
    expect(Array.from(train.indices)).toEqual([0, 2, 3, 1, 2]);
    expect(Array.from(train.opinion)).toEqual([1, -1, 0, 1, 1]);
  });

  it('takes a seeded random share where times are unknown, and leaves everybody a like', () => {
    const rows = Array.from({ length: 300 }, () =>
      Array.from({ length: 10 }, (_, item) => [item, 1, 0] as const),
    );
    rows.push([[4, 1, 0]]);
    const interactions = interactionsOf(rows);
    const { kind, train, test } = holdOut(interactions, options);
    expect(kind).toBe('random');
    expect(test.indices.length / interactions.indices.length).toBeGreaterThan(0.17);
    expect(test.indices.length / interactions.indices.length).toBeLessThan(0.23);
    for (let user = 0; user < rows.length; user++)
      expect(train.indptr[user + 1] - train.indptr[user]).toBeGreaterThan(0);
    expect(holdOut(interactions, options).test.indices).toEqual(test.indices);
  });
});

describe('the signal that is held out', () => {
  const twoEach = (nUsers: number, of: { opinion?: number; purchased?: number; strength: number }) => ({
    indptr: Int32Array.from({ length: nUsers + 1 }, (_, user) => 2 * user),
    indices: Int32Array.from({ length: 2 * nUsers }, (_, p) => p % 2),
    strength: new Float32Array(2 * nUsers).fill(of.strength),
    opinion: new Int8Array(2 * nUsers).fill(of.opinion ?? 0),
    purchased: new Uint8Array(2 * nUsers).fill(of.purchased ?? 0),
  });

  it('is the strongest that occurs: likes, then purchases, carts, clicks and views', () => {
    const signalOf = (of: Parameters<typeof twoEach>[1], occurring?: Parameters<typeof strongestSignal>[1]) =>
      strongestSignal(twoEach(30, of), occurring);
    expect(signalOf({ opinion: 1, purchased: 1, strength: 11 })).toBe('like');
    expect(signalOf({ purchased: 1, strength: 5 })).toBe('purchase');
    expect(signalOf({ strength: 3 })).toBe('cart');
    expect(signalOf({ strength: 1.5 })).toBe('click');
    expect(signalOf({ strength: 1 })).toBe('view');
    // Three views are as strong as a cart, and are none where there are no carts.
    expect(signalOf({ strength: 3 }, ['view'])).toBe('view');
    expect(signalOf({ opinion: -1, strength: 3 })).toBeNull();
  });

  it('gives way to a weaker one that more users give, unless nobody gives any other', () => {
    const few = twoEach(3, { opinion: 1, strength: 6 });
    expect(strongestSignal(few, ['like'])).toBe('like');
    const mixed = twoEach(40, { purchased: 1, strength: 5 });
    mixed.opinion.fill(1, 0, 6);
    expect(strongestSignal(mixed)).toBe('purchase');
  });

  it('has the strengths of the events behind it', () => {
    expect(strongestSignal(twoEach(30, { strength: EVENT_WEIGHTS.cart }))).toBe('cart');
    expect(strongestSignal(twoEach(30, { strength: EVENT_WEIGHTS.cart - 0.1 }))).toBe('click');
    expect(strongestSignal(twoEach(30, { strength: EVENT_WEIGHTS.click - 0.1 }))).toBe('view');
    expect(strongestSignal(twoEach(30, { strength: EVENT_WEIGHTS.view - 0.1 }))).toBeNull();
  });

  it('is held out and named, and where nothing gives one, nothing is held out', () => {
    const bought = holdOut(twoEach(50, { purchased: 1, strength: 5 }), options);
    expect(bought.signal).toBe('purchase');
    expect(bought.test.indices.length).toBeGreaterThan(0);
    const disliked = holdOut(twoEach(50, { opinion: -1, strength: 0 }), options);
    expect(disliked.signal).toBeNull();
    expect(disliked.test.indices.length).toBe(0);
  });
});

describe('evaluating everybody', () => {
  it('adds users up, by group too, and counts the items that anybody is shown', () => {
    const nItems = 30;
    const test = { indptr: Int32Array.of(0, 2, 3, 3), indices: Int32Array.of(0, 1, 29) };
    const seen = { indptr: Int32Array.of(0, 1, 1, 1), indices: Int32Array.of(5) };
    const scores = Float32Array.from({ length: nItems }, (_, item) => -item);
    const evaluation = evaluate(
      { scoresOf: () => scores, nItems, seen, test, group: Int32Array.of(1, 0, 0) },
      { seed: 1 },
    );
    expect(evaluation.nUsers).toBe(2);
    expect(evaluation.overall['precision@5'].value).toBeCloseTo((2 / 5 + 0) / 2, 10);
    expect(evaluation.byGroup.get(1)?.['precision@5'].value).toBeCloseTo(2 / 5, 10);
    expect(evaluation.byGroup.get(0)?.['recall@10'].value).toBe(0);
    // The first user's list skips item 5, so eleven items are shown to somebody.
    expect(evaluation.coverage).toBeCloseTo(11 / nItems, 10);
    expect(evaluation.novelty).toBeGreaterThan(0);
  });
});
