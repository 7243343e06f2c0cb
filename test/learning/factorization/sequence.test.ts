import { describe, expect, it } from 'vitest';

import type { History } from '../../../server/learning/factorization/index.js';
import { explain, fitRecommender, foldIn, scoreAll } from '../../../server/learning/factorization/index.js';
import { fitSequence } from '../../../server/learning/factorization/sequence.js';
import { ranksFromEnd } from '../../../server/learning/factorization/signals.js';
import { splitAtInstant, splitBeforeLast } from '../../../server/learning/factorization/validation-future.js';
import { createRandom } from '../../../server/learning/linalg/index.js';
import { historyOf, inputOf } from './example-data.js';

const DAY = 86_400_000;
const ANY = { implicitWeight: 0.5 };

/** Liked in the order given, a day apart; `[item, day]` says another day. */
function walk(
  steps: readonly (number | readonly [number, number])[],
  dislikes: readonly number[] = [],
): History {
  const dayOf = new Map(
    steps.map((step, day) => (typeof step === 'number' ? [step, day] : [step[0], step[1]])),
  );
  const history = historyOf([...dayOf.keys()], dislikes);
  return {
    ...history,
    at: Float64Array.from(history.indices, (item) => 2e11 + DAY * (dayOf.get(item) ?? 0)),
  };
}

function inputOfWalks(histories: readonly History[], nItems: number) {
  const input = inputOf(histories, nItems);
  const at = Float64Array.from(histories.flatMap((history) => [...history.at!]));
  return { ...input, interactions: { ...input.interactions, at } };
}

function denseOf({ indptr, indices, values }: ReturnType<typeof fitSequence>, nItems: number): number[][] {
  return Array.from({ length: nItems }, (_, i) => {
    const row = new Array<number>(nItems).fill(0);
    for (let p = indptr[i]; p < indptr[i + 1]; p++) row[indices[p]] = values[p];
    return row;
  });
}

/** The same by its definition: every pair of every history looked at. */
function slowSequence(histories: readonly History[], nItems: number): number[][] {
  const sums = Array.from({ length: nItems }, () => new Array<number>(nItems).fill(0));
  const counts = new Array<number>(nItems).fill(0);
  for (const { indices, opinion, at } of histories) {
    const likes = [...indices.keys()].filter((p) => opinion[p] > 0);
    if (new Set(likes.map((p) => at![p])).size < 2) continue;
    for (const p of likes) {
      counts[indices[p]] += 1;
      for (const q of likes) {
        if (p === q || at![q] < at![p]) continue;
        const between = likes.filter((r) => at![r] > at![p] && at![r] < at![q]).length;
        if (between < 20) sums[indices[p]][indices[q]] += at![p] === at![q] ? 1 : 0.95 ** between;
      }
    }
  }
  return sums.map((row, i) => row.map((sum, j) => sum / (counts[i] + 3) ** 0.5 / (counts[j] + 3) ** 0.3));
}

describe('the sequence term', () => {
  it('counts what comes after an item, and not what came before it', () => {
    const [first, second] = denseOf(fitSequence(inputOfWalks([walk([0, 1])], 2).interactions, 2, ANY), 2);
    expect(first[1]).toBeCloseTo(1 / 4 ** 0.8, 6);
    expect(second[0]).toBe(0);
  });

  it('makes no order of one instant, and says nothing of a history that is all of one', () => {
    const tied = walk([
      [0, 0],
      [1, 1],
      [2, 1],
    ]);
    const rows = denseOf(fitSequence(inputOfWalks([tied], 3).interactions, 3, ANY), 3);
    expect(rows[1][2]).toBe(rows[2][1]);
    expect(rows[0][1]).toBe(rows[0][2]);
    expect(rows[0][1]).toBeGreaterThan(0);
    const together = walk([
      [0, 1],
      [1, 1],
    ]);
    expect(fitSequence(inputOfWalks([together], 2).interactions, 2, ANY).indices.length).toBe(0);
    expect(fitSequence(inputOf([historyOf([0, 1])], 2).interactions, 2, ANY).indices.length).toBe(0);
  });

  it('is what its definition says, on random histories', () => {
    const random = createRandom(4);
    const histories = Array.from({ length: 40 }, () => {
      const items = random.shuffle(Array.from({ length: 30 }, (_, i) => i)).slice(0, 2 + random.int(26));
      const [disliked, ...liked] = items;
      return walk(
        liked.map((item) => [item, random.int(liked.length)] as const),
        [disliked],
      );
    });
    const fitted = denseOf(fitSequence(inputOfWalks(histories, 30).interactions, 30, ANY), 30);
    slowSequence(histories, 30).forEach((row, i) =>
      row.forEach((value, j) => expect(fitted[i][j]).toBeCloseTo(value, 5)),
    );
  });
});

describe('ranks from the end', () => {
  it('count what attracted strictly later, so that one instant shares a rank', () => {
    const at = Float64Array.of(5, 3, 5, 9, 1);
    expect([...ranksFromEnd(at, Float32Array.of(1, 0.2, 1, -1, 1))]).toEqual([0, 2, 0, 0, 3]);
    expect([...ranksFromEnd(undefined, new Float32Array(3).fill(1))]).toEqual([0, 0, 0]);
  });
});

describe('a model with a sequence term', () => {
  // Everybody goes up by one from where they begin, round and round.
  const nItems = 24;
  const random = createRandom(9);
  const round = (from: number, length: number) => Array.from({ length }, (_, k) => (from + k) % nItems);
  const walks = Array.from({ length: 200 }, () => walk(round(random.int(nItems), 5)));
  const hyperParameters = { nComponents: 8, nNeighbours: 8, sequenceWeight: 2, sequenceDecay: 0.6 };
  const model = fitRecommender(inputOfWalks(walks, nItems), { seed: 1, hyperParameters });

  it('lists what follows the last item first, which a thumb changes at once and undo restores', () => {
    const best = (history: History) => {
      const scores = scoreAll(model, foldIn(model, history));
      for (const item of history.indices) scores[item] = -Infinity;
      return scores.indexOf(Math.max(...scores));
    };
    expect(best(walk([3, 4, 5]))).toBe(6);
    expect(best(walk([5, 4, 12]))).toBe(13);
    const before = scoreAll(model, foldIn(model, walk([3, 4, 5])));
    expect(scoreAll(model, foldIn(model, walk([3, 4, 5, 12])))).not.toEqual(before);
    expect(scoreAll(model, foldIn(model, walk([3, 4, 5])))).toEqual(before);
  });

  it('explains it exactly, item by item', () => {
    const state = foldIn(model, walk([1, 2, 9, 17], [20]));
    scoreAll(model, state).forEach((score, item) => {
      const { persona, popularity, contributions, sequence, total } = explain(model, state, item);
      const sum = (parts: Float32Array) => parts.reduce((a, b) => a + b, 0);
      expect(persona + popularity + sum(contributions) + sum(sequence)).toBeCloseTo(total, 6);
      expect(total).toBeCloseTo(score, 5);
    });
    const { sequence } = explain(model, state, 18);
    expect(state.indices[sequence.indexOf(Math.max(...sequence))]).toBe(17);
    expect(sequence[state.indices.indexOf(20)]).toBe(0);
  });

  it('is found by the search where the order matters, and left out where it does not', () => {
    const search = (histories: readonly History[]) =>
      fitRecommender(inputOfWalks(histories, nItems), {
        seed: 1,
        hyperParameters: { nComponents: 8, nNeighbours: 8, nSweeps: 2 },
        search: { maxFits: 4 },
      }).hyperParameters.sequenceWeight;
    expect(search(walks.map((_, u) => walk(round(u, 8))))).toBeGreaterThan(0);
    const anything = Array.from({ length: 240 }, () =>
      random.shuffle(Array.from({ length: nItems }, (_, i) => i)),
    );
    expect(search(anything.map((items) => walk(items.slice(0, 8))))).toBe(0);
  });
});

describe('validation data from the future', () => {
  const random = createRandom(2);
  const histories = Array.from({ length: 80 }, () =>
    walk(
      random
        .shuffle(Array.from({ length: 40 }, (_, i) => i))
        .slice(0, 12)
        .map((item) => [item, random.int(100)] as const),
    ),
  );
  const input = inputOfWalks(histories, 40);

  it('is the last item of some users, and nothing of it is left to train on', () => {
    const { users, input: left } = splitBeforeLast(input, 1)!;
    expect(users.length).toBe(80);
    expect(left.interactions.indices.length).toBe(80 * 11);
    for (const { history, relevant } of users) {
      expect(relevant.length).toBe(1);
      expect(history.indices).not.toContain(relevant[0]);
      const whole = histories.find(({ indices, at }) => {
        const place = indices.indexOf(relevant[0]);
        return (
          place >= 0 && at![place] === Math.max(...at!) && history.indices.every((i) => indices.includes(i))
        );
      });
      expect(whole).toBeDefined();
    }
  });

  it('is what came after one instant, for all users alike', () => {
    const { users, input: left } = splitAtInstant(input, 1)!;
    const latest = Math.max(...left.interactions.at!);
    const later = [...input.interactions.at!].filter((at) => at > latest).length;
    expect(left.interactions.indices.length).toBe(80 * 12 - later);
    expect(later / (80 * 12)).toBeGreaterThan(0.15);
    expect(later / (80 * 12)).toBeLessThan(0.25);
    for (const { history, relevant } of users) {
      expect(relevant.length).toBeGreaterThan(0);
      expect(Math.max(...history.at!)).toBeLessThanOrEqual(latest);
    }
  });

  it('is none where nothing has an order or a time', () => {
    const { at: _, ...untimed } = input.interactions;
    expect(splitBeforeLast({ ...input, interactions: untimed }, 1)).toBeNull();
    expect(splitAtInstant({ ...input, interactions: untimed }, 1)).toBeNull();
    const places = Float64Array.from(input.interactions.indices.keys());
    expect(splitAtInstant({ ...input, interactions: { ...untimed, at: places } }, 1)).toBeNull();
    expect(splitBeforeLast({ ...input, interactions: { ...untimed, at: places } }, 1)).not.toBeNull();
  });
});
