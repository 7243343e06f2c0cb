/** Facets of a user, their names, and lists that keep them. */

import { describe, expect, it } from 'vitest';

import { InvalidShapeError } from '../../../server/learning/errors.js';
import { createRandom } from '../../../server/learning/linalg/index.js';
import { calibrationOf, keepEveryFacet } from '../../../server/learning/ranking/calibrate.js';
import {
  diversify,
  facetOf,
  findFacets,
  nameFacets,
  typicalItems,
} from '../../../server/learning/ranking/index.js';
import type { Facets } from '../../../server/learning/ranking/index.js';

const D = 8;
const N_PER_SIDE = 20;
/** Three groups of items, each near an axis: item i belongs to group i % 3. */
const SPACE = { embeddings: threeSides(), nComponents: D };

function threeSides(): Float32Array {
  const random = createRandom(3);
  return Float32Array.from({ length: 3 * N_PER_SIDE * D }, (_, at) => {
    const [item, c] = [Math.floor(at / D), at % D];
    return (item % 3 === c ? 2 : 0) + 0.2 * random.normal();
  });
}

const likes = (...counts: number[]) =>
  Int32Array.from(counts.flatMap((n, side) => Array.from({ length: n }, (_, k) => 3 * k + side)));

describe('the facets of a user', () => {
  it('are the groups of the likes, largest first, with their shares', () => {
    const facets = findFacets({ items: likes(5, 10, 5), ...SPACE })!;
    expect(facets.nFacets).toBe(3);
    expect([...facets.shares]).toEqual([0.5, 0.25, 0.25]);
    facets.items.forEach((item, p) =>
      expect(facets.assignment[p]).toBe(facets.assignment[facets.items.indexOf(item % 3)]),
    );
    for (let item = 1; item < 3 * N_PER_SIDE; item += 3) expect(facetOf(facets, SPACE, item)).toBe(0);
  });

  it('are a single one where the likes are of one kind, and none below five likes', () => {
    expect(findFacets({ items: likes(12), ...SPACE })).toMatchObject({ nFacets: 1, silhouette: 0 });
    expect(findFacets({ items: likes(3, 2), ...SPACE })?.nFacets).toBe(1);
    expect(findFacets({ items: likes(2, 2), ...SPACE })).toBeNull();
  });

  it('have at least four likes each', () => {
    expect(findFacets({ items: likes(9, 3), ...SPACE })?.nFacets).toBe(1);
    expect([...findFacets({ items: likes(9, 4), ...SPACE })!.shares]).toEqual([9 / 13, 4 / 13]);
  });

  it('do not depend on the order of the likes, and leave them unchanged', () => {
    const items = likes(6, 6, 6);
    const { centroids } = findFacets({ items, ...SPACE })!;
    expect(findFacets({ items: items.slice().reverse(), ...SPACE })!.centroids).toEqual(centroids);
    expect(items).toEqual(likes(6, 6, 6));
  });

  it('change with a single like', () => {
    const before = findFacets({ items: likes(8, 3), ...SPACE })!;
    expect(findFacets({ items: likes(8, 4), ...SPACE })!.nFacets).toBe(before.nFacets + 1);
  });

  it('are fitted to seven eighths of many likes at least, and the latest join them', () => {
    const items = likes(13, 12, 10).reverse();
    const facets = findFacets({ items, ...SPACE })!;
    expect(facets.assignment).toHaveLength(35);
    expect([...facets.fitted]).toEqual([...items.subarray(3)].sort((a, b) => a - b));
  });

  it('are the same from the facets before as from the likes alone', () => {
    const all = Int32Array.from(new Set([...likes(14, 9, 12)].reverse()));
    let known = null;
    for (let n = 5; n <= all.length; n++) {
      const items = all.subarray(all.length - n);
      known = findFacets({ items, ...SPACE }, known);
      expect(known).toEqual(findFacets({ items, ...SPACE }));
    }
  });

  it('list the most typical items first', () => {
    const facets = findFacets({ items: likes(9, 6), ...SPACE })!;
    const typical = [...typicalItems(facets, SPACE, 0)];
    const nearness = typical.map((item) => cosine(item, facets.centroids.subarray(0, D)));
    expect(nearness).toEqual([...nearness].sort((a, b) => b - a));
    expect(typical.sort()).toEqual([...likes(9)].sort());
  });

  it('refuse an item outside the model', () => {
    expect(() => findFacets({ items: Int32Array.of(0, 60), ...SPACE })).toThrow(InvalidShapeError);
  });
});

describe('the silhouette in cosine distance', () => {
  it('equals the mean over all pairs', () => {
    const facets = findFacets({ items: likes(9, 9, 6), ...SPACE })!;
    expect(facets.nFacets).toBe(3);
    expect(facets.silhouette).toBeCloseTo(slowSilhouette(facets), 12);
  });
});

describe('names of facets', () => {
  const facets = findFacets({ items: likes(8, 5), ...SPACE })!;
  const name = (words: string[][], counts: Record<string, number> = {}) =>
    nameFacets(facets, {
      wordsOf: (item) => words[item % 3],
      countOf: (word) => counts[word] ?? 10,
      nItems: 100,
    });

  it('are words that are frequent in the facet and rare elsewhere', () => {
    expect(
      name(
        [
          ['books', 'crime'],
          ['books', 'poems'],
        ],
        { books: 100 },
      ),
    ).toEqual(['crime', 'poems']);
  });

  it('are the word that more of the items have, rather than a rarer one', () => {
    const words = (item: number) => (item % 3 > 0 ? ['poems'] : item < 12 ? ['crime', 'noir'] : ['crime']);
    const counts: Record<string, number> = { crime: 20, noir: 1, poems: 20 };
    const named = nameFacets(facets, { wordsOf: words, countOf: (word) => counts[word], nItems: 1_000 });
    expect(named).toEqual(['crime', 'poems']);
  });

  it('differ from facet to facet', () => {
    expect(name([['crime'], ['Crime', 'noir']], { noir: 40 })).toEqual(['crime', 'noir']);
  });

  it('are left out where no word is distinctive', () => {
    expect(name([['books'], []], { books: 100 })).toEqual([null, null]);
  });
});

const best = (items: Int32Array, scores: Float32Array) => ({
  items,
  scores: Float32Array.from(items, (item) => scores[item]),
});

describe('a calibrated list', () => {
  const facets = findFacets({ items: likes(10, 5, 5), ...SPACE })!;
  const calibration = calibrationOf(facets, SPACE)!;
  /** The items of the largest facet score best, then those of the second. */
  const scores = Float32Array.from({ length: 60 }, (_, item) => 3 - (item % 3) - 0.01 * item);
  const candidates = Int32Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a]);
  const pick = (diversity: number, isCalibrated: boolean) =>
    diversify(best(candidates, scores), {
      ...{ n: 10, diversity, ...SPACE },
      calibration: isCalibrated ? calibration : undefined,
    });
  const sidesOf = (list: Int32Array) => new Set(Array.from(list, (item) => item % 3)).size;

  it('loses no facet, which the best scores alone would', () => {
    expect(sidesOf(pick(0, false))).toBe(1);
    expect(sidesOf(pick(0, true))).toBe(3);
    expect(sidesOf(pick(0.5, true))).toBe(3);
  });

  it('starts with the best item and holds each item once', () => {
    const list = pick(0, true);
    expect(list[0]).toBe(candidates[0]);
    expect(new Set(list).size).toBe(10);
  });

  it('follows the shares among items of nearly the same score', () => {
    const even = Float32Array.from({ length: 60 }, (_, item) => 1 - 0.00001 * item);
    even[59] = 0;
    const order = Int32Array.from(even.keys());
    const list = diversify(best(order, even), { ...{ n: 8, diversity: 0, ...SPACE }, calibration });
    const counts = [0, 0, 0];
    for (const item of list) counts[calibration.facetOf(item)]++;
    expect(counts).toEqual([4, 2, 2]);
  });

  it('keeps the only item of a facet when another facet joins', () => {
    const facetsOf = { shares: Float64Array.of(0.5, 0.3, 0.2), facetOf: (item: number) => item % 3 };
    const kept = keepEveryFacet(Int32Array.of(0, 3, 1), Int32Array.of(0, 3, 1, 2), facetsOf);
    expect([...kept]).toEqual([0, 1, 2]);
  });

  it('is not calibrated for a user with a single facet', () => {
    expect(calibrationOf(findFacets({ items: likes(6), ...SPACE }), SPACE)).toBeUndefined();
    expect(calibrationOf(null, SPACE)).toBeUndefined();
  });
});

function cosine(item: number, direction: Float64Array): number {
  const row = SPACE.embeddings.subarray(item * D, (item + 1) * D);
  return row.reduce((sum, value, c) => sum + value * direction[c], 0) / Math.hypot(...row);
}

/** Over all pairs of items. */
function slowSilhouette({ items, assignment, nFacets }: Facets): number {
  const rows = Array.from(items, (item) => unitRow(item));
  const distance = (p: number, q: number) => 1 - rows[p].reduce((sum, x, c) => sum + x * rows[q][c], 0);
  const silhouettes = rows.map((_, p) => {
    const means = Array.from({ length: nFacets }, (__, facet) => {
      const members = [...rows.keys()].filter((q) => assignment[q] === facet && q !== p);
      return members.reduce((sum, q) => sum + distance(p, q), 0) / members.length;
    });
    const within = means[assignment[p]];
    const between = Math.min(...means.filter((__, facet) => facet !== assignment[p]));
    return (between - within) / Math.max(within, between);
  });
  return silhouettes.reduce((sum, value) => sum + value, 0) / rows.length;
}

function unitRow(item: number): number[] {
  const row = [...SPACE.embeddings.subarray(item * D, (item + 1) * D)];
  const length = Math.hypot(...row);
  return row.map((value) => value / length);
}
