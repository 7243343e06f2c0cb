/** Training and evaluation on every small or odd catalogue: a model with finite numbers, or one error that says why not. */

import { describe, expect, it } from 'vitest';

import type { BehaviourEvent, Item } from '../../server/domain/index.js';
import { DEFAULT_EXCLUSIONS } from '../../server/domain/index.js';
import { DatasetBuilder, FEATURE_NAMES, encodeItems, rebuildProfile } from '../../server/features/index.js';
import {
  adjustedRandIndex,
  createRandom,
  unpackPersonas,
  unpackRecommender,
} from '../../server/learning/index.js';
import { evaluateVersion } from '../../server/services/training/index.js';
import { refusalOf } from '../../server/training/index.js';
import { runTrainingTask, type TrainingInput } from '../../server/training/training-task.js';
import { event, item } from '../contracts/samples.js';
import { PROTOTYPE_NAMES, recordOf } from '../support/prototype-names.js';

const NOW = Date.UTC(2026, 5, 1);

/** The dataset stage and the content stage on plain rows, as a retrain has them. */
function inputOf(items: readonly Item[], events: readonly BehaviourEvent[]): TrainingInput {
  const categories = new Map(items.map(({ itemId, category }) => [itemId, category]));
  const catalogue = { categoryOf: (itemId: string) => categories.get(itemId) ?? null };
  const byUser = new Map<string, BehaviourEvent[]>();
  for (const one of events) {
    const own = byUser.get(one.userId);
    if (own === undefined) byUser.set(one.userId, [one]);
    else own.push(one);
  }
  const builder = new DatasetBuilder(
    items.map(({ itemId }) => itemId),
    { now: NOW },
  );
  for (const [userId, own] of byUser) builder.add(rebuildProfile(userId, own, catalogue));
  return {
    dataset: builder.build(),
    content: encodeItems(items),
    ...{ featureNames: FEATURE_NAMES, active: null, seed: 1, exclude: new Set(DEFAULT_EXCLUSIONS) },
  };
}

function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  if (ArrayBuffer.isView(value)) return [...(value as Float32Array)];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersIn) : [];
}

/** Trains and evaluates; every number in both results is finite. */
function trainAndEvaluate(items: readonly Item[], events: readonly BehaviourEvent[]) {
  const input = inputOf(items, events);
  const result = runTrainingTask(input);
  expect(numbersIn(result).every(Number.isFinite)).toBe(true);
  expect(result.map.x.length).toBe(input.dataset.nUsers);
  const report = evaluateVersion({
    serving: {
      version: 1,
      personas: unpackPersonas(result.packedPersonas),
      recommender: unpackRecommender(result.packedRecommender),
    },
    dataset: input.dataset as never,
    content: input.content,
    ...{ seed: 1, truth: null, exclude: DEFAULT_EXCLUSIONS },
  });
  expect(numbersIn(report).every(Number.isFinite)).toBe(true);
  return { result, report };
}

const like = (user: string, itemId: string, n: number) =>
  event(`${user}-${itemId}-${n}`, { userId: user, itemId, type: 'like', at: 5 });
const itemsNamed = (n: number, more: (i: number) => Partial<Item> = () => ({})) =>
  Array.from({ length: n }, (_, i) => item(`i${i}`, more(i)));

/** `nUsers` users with `nEach` random events of one type each. */
function behaviour(nUsers: number, nItems: number, nEach: number, type: BehaviourEvent['type'] = 'like') {
  const random = createRandom(nUsers + 31 * nItems);
  return Array.from({ length: nUsers }, (_, u) =>
    Array.from({ length: nEach }, (_, n) => ({
      ...like(`u${u}`, `i${random.int(nItems)}`, n),
      type,
    })),
  ).flat();
}

describe('training on small data', () => {
  it('has room for more tags, words and attributes than there are users and items', () => {
    const items = itemsNamed(12, (i) => ({
      tags: Array.from({ length: 20 }, (_, t) => `tag${(i >> 1) * 20 + t}`),
      category: `c${i % 3}`,
    }));
    const { result } = trainAndEvaluate(items, behaviour(8, 12, 5));
    expect(result.metrics['ndcg@10'].value).toBeGreaterThanOrEqual(0);
  });

  it('trains on any number of users, items and features, the least included', () => {
    for (const [nUsers, nItems, nTags] of [
      [1, 1, 0],
      [1, 1, 3],
      [1, 9, 40],
      [2, 2, 1],
      [3, 1, 2],
      [9, 2, 30],
      [2, 40, 7],
      [30, 3, 60],
    ]) {
      const tags = Array.from({ length: nTags }, (_, t) => `t${t}`);
      const items = itemsNamed(nItems, (i) => ({ tags: tags.filter((_, t) => (t + i) % 3 > 0) }));
      trainAndEvaluate(items, behaviour(nUsers, nItems, 4));
    }
  });

  it('makes one persona of users who are all alike, with all of them at the origin of the map', () => {
    const items = itemsNamed(6);
    const same = Array.from({ length: 7 }, (_, u) => [like(`u${u}`, 'i0', 0), like(`u${u}`, 'i3', 1)]).flat();
    for (const events of [same, same.slice(0, 2)]) {
      const { result, report } = trainAndEvaluate(items, events);
      expect(result.k).toBe(1);
      expect([...result.map.x, ...result.map.y].every((place) => place === 0)).toBe(true);
      expect(report.all[0].nUsers).toBe(result.map.x.length);
    }
  });

  it('trains where there are only dislikes, only views, only thumbs taken back, or items nobody met', () => {
    for (const type of ['dislike', 'view', 'retract', 'impression', 'search'] as const)
      trainAndEvaluate(itemsNamed(10), behaviour(12, 10, 4, type));
    trainAndEvaluate(itemsNamed(10), behaviour(5, 1, 1));
  });

  it('judges by purchases or views where there are no likes, and says so where there is nothing to judge by', () => {
    for (const [type, signal] of [
      ['purchase', 'purchase'],
      ['view', 'view'],
      ['click', 'click'],
    ] as const) {
      const { result, report } = trainAndEvaluate(itemsNamed(10), behaviour(60, 10, 6, type));
      expect(result.judgedBy).toBe(signal);
      expect(result.metrics['ndcg@10'].value).toBeGreaterThan(0);
      expect(report.judgedBy).toBe(signal);
      expect(report.all[0].metrics!['recall@10'].value).toBeGreaterThan(0);
    }
    const { result, report } = trainAndEvaluate(itemsNamed(10), behaviour(30, 10, 6, 'dislike'));
    expect(result.judgedBy).toBeNull();
    expect(Object.keys(result.metrics)).toEqual(['silhouette', 'featureSilhouette']);
    expect(report).toMatchObject({ judgedBy: null });
    expect(report.all[0]).toMatchObject({ nJudged: 0, metrics: null, coverage: null });
  });

  it('compares nothing with the version that serves where nothing can be held out, and lets the new one serve', () => {
    const input = inputOf(itemsNamed(10), behaviour(30, 10, 6, 'dislike'));
    const first = runTrainingTask(input);
    const second = runTrainingTask({
      ...input,
      active: {
        ...{ version: 1, trainedAt: 0, tolerance: -0.1, nSearched: 180 },
        personas: first.packedPersonas,
        recommender: first.packedRecommender,
        hyperParameters: unpackRecommender(first.packedRecommender).hyperParameters,
        itemIndex: Int32Array.from({ length: 10 }, (_, item) => item),
      },
    });
    expect(second.comparison).toEqual([]);
    expect(second.comparisonBasis).toContain('none can be held out');
    expect(refusalOf(second)).toBeUndefined();
  });

  it('gives a robot with 50,000 views no persona of its own, and leaves the personas of everybody else', () => {
    const tastes = ['g', 'k', 'm'];
    const items = tastes.flatMap((taste) =>
      Array.from({ length: 20 }, (_, i) => item(`${taste}${i}`, { category: taste })),
    );
    const random = createRandom(5);
    const start = Date.UTC(2026, 4, 1);
    const people = Array.from({ length: 60 * 12 }, (_, n) => {
      const user = Math.floor(n / 12);
      const itemId = `${tastes[user % 3]}${random.int(20)}`;
      return event(`p${n}`, { userId: `u${user}`, itemId, type: 'like', at: start + random.int(1e9) });
    });
    const views = Array.from({ length: 50_000 }, (_, n) =>
      event(`r${n}`, { userId: 'robot', itemId: `m${random.int(20)}`, type: 'view', at: start + 1_000 * n }),
    );
    const alone = trainAndEvaluate(items, people).result;
    const { result } = trainAndEvaluate(items, [...people, ...views]);
    // "robot" is the first of the rows, which are in the order of ids.
    expect(result.labels.filter((label) => label === result.labels[0]).length).toBeGreaterThan(1);
    expect(result.k).toBe(alone.k);
    expect(adjustedRandIndex(result.labels.slice(1), alone.labels)).toBeGreaterThan(0.9);
  });

  it('counts a category, tag, device, locale, attribute, user or item of any name like every other', () => {
    const plain = PROTOTYPE_NAMES.map((_, n) => `plain${n}`);
    const train = (names: readonly string[]) => {
      const items = Array.from({ length: 24 }, (_, i) => {
        const name = names[i % names.length];
        return item(i < names.length ? name : `i${i}`, {
          category: name,
          tags: [name, names[(i + 1) % names.length]],
          attributes: recordOf([[name, `value ${i % 3}`]]),
        });
      });
      const random = createRandom(4);
      const events = Array.from({ length: 240 }, (_, n) => {
        const user = n % 16;
        return event(`e${n}`, {
          userId: user < names.length ? names[user] : `u${user}`,
          itemId: items[(user + 6 * random.int(4)) % 24].itemId,
          type: random.next() < 0.6 ? 'like' : 'view',
          at: NOW - n * 1e6,
          device: names[n % names.length],
          locale: names[(n + 2) % names.length],
        });
      });
      const input = inputOf(items, events);
      const byUser = new Map(
        (input.dataset as never as { userIds: string[] }).userIds.map((id, u) => [id, u]),
      );
      const p = FEATURE_NAMES.length;
      // The label of a locale is that of its letters before the first "_", which "__proto__" begins with.
      const compared = FEATURE_NAMES.map((name, column) => (name === 'locale' ? -1 : column)).filter(
        (c) => c >= 0,
      );
      const users = [...names, ...Array.from({ length: 10 }, (_, u) => `u${u + 6}`)];
      const rows = users.map((id) => compared.map((c) => input.dataset.features[byUser.get(id)! * p + c]));
      trainAndEvaluate(items, events);
      return { rows, content: input.content };
    };
    const [odd, usual] = [train(PROTOTYPE_NAMES), train(plain)];
    expect(odd.rows).toEqual(usual.rows);
    expect(odd.content.termNames.length).toBe(usual.content.termNames.length);
    expect(odd.content.categoryNames.length).toBe(PROTOTYPE_NAMES.length);
  });
});
