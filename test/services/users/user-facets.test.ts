/** Facets of users of a real sample, and lists that are narrowed to one. */

import { beforeAll, describe, expect, it } from 'vitest';

import type { Container } from '../../../server/app/container.js';
import type { Facet } from '../../../server/domain/index.js';
import type { Store } from '../../../server/store/index.js';
import { smallWorld } from '../../support/small-world.js';

const SAMPLE = new URL('../../support/goodbooks-sample/', import.meta.url).pathname;
const NOBODY = 'f'.repeat(64);

describe('the facets of a user', () => {
  let store: Store;
  let container: Container;
  let likes: Map<string, string[]>;
  let all: Map<string, Facet[]>;
  let reader: string;

  beforeAll(async () => {
    ({ store, container } = await smallWorld({ nUsers: 0 }));
    const files = { items: `${SAMPLE}items.csv`, ratings: `${SAMPLE}ratings.csv` };
    await container.imports.run({ ...files, dryRun: false, rejectPath: null });
    await container.training.run('command');
    likes = new Map();
    all = new Map();
    for await (const { userId, events } of store.activity.streamByUser()) {
      const liked = events.filter(({ type }) => type === 'like').map(({ itemId }) => itemId!);
      likes.set(userId, [...new Set(liked)]);
      all.set(userId, await container.services.recommendations.facets(userId));
    }
    [reader] = [...all].find(([, facets]) => facets.length > 1)!;
  }, 120_000);

  const listOf = (facet: string | null, first = 10) =>
    container.services.recommendations.recommend({ userId: reader, first, filter: { facet } });

  it('share out the likes, each with a label of its own', () => {
    for (const [userId, facets] of all) {
      if (likes.get(userId)!.length < 5) {
        expect(facets).toEqual([]);
        continue;
      }
      const total = facets.reduce((sum, { share }) => sum + share, 0);
      expect(total).toBeCloseTo(1, 10);
      expect(facets.reduce((sum, { nItems }) => sum + nItems, 0)).toBe(likes.get(userId)!.length);
      expect(new Set(facets.map(({ label }) => label.toLowerCase())).size).toBe(facets.length);
      for (const { itemIds } of facets)
        expect(likes.get(userId)).toEqual(expect.arrayContaining([...itemIds]));
    }
    const several = [...all.values()].filter((facets) => facets.length > 1);
    expect(several.length).toBeGreaterThan(0);
  });

  it('are named by a word that most of the shown items have', async () => {
    for (const facet of all.get(reader)!) {
      const items = await container.services.catalogue.itemsById(facet.itemIds);
      const having = items.filter(({ category, tags }) => [category, ...tags].includes(facet.label));
      expect(having.length).toBeGreaterThanOrEqual(items.length / 3);
    }
  });

  it('narrow a list, to others for each', async () => {
    const lists = await Promise.all(all.get(reader)!.map(({ label }) => listOf(label)));
    lists.forEach(({ facet }, side) => expect(facet).toBe(all.get(reader)![side].label));
    const itemIds = lists.flatMap(({ items }) => items.map(({ itemId }) => itemId));
    expect(new Set(itemIds).size).toBe(itemIds.length);
    const whole = await listOf(null, 1_000);
    const scores = new Map(whole.items.map(({ itemId, score }) => [itemId, score]));
    for (const { items } of lists) {
      expect(items.length).toBeGreaterThan(0);
      for (const { itemId, score, explanation } of items) {
        expect(score).toBe(scores.get(itemId));
        const { persona, popularity, sequence, otherItems, total } = explanation;
        const sum = explanation.items.reduce((parts, { contribution }) => parts + contribution, 0);
        expect(persona + popularity + sequence + otherItems + sum).toBeCloseTo(total, 6);
      }
    }
  });

  it('all have a place in the whole list', async () => {
    const { items } = await listOf(null);
    for (const { label } of all.get(reader)!) {
      const side = await listOf(label, 1_000);
      const own = new Set(side.items.map(({ itemId }) => itemId));
      expect(items.some(({ itemId }) => own.has(itemId))).toBe(true);
    }
  });

  it('leave the list whole for a facet that the user does not have', async () => {
    const list = await listOf('no such side');
    expect(list.facet).toBeNull();
    expect(list.items.map(({ itemId }) => itemId)).toEqual(
      (await listOf(null)).items.map(({ itemId }) => itemId),
    );
    expect(await container.services.recommendations.facets(NOBODY)).toEqual([]);
  });

  it('change with a thumb', async () => {
    const { recommendations, feedback } = container.services;
    const before = await recommendations.facets(reader);
    const [itemId] = (await listOf(before[1].label)).items.map((item) => item.itemId);
    await feedback.submit({ userId: reader, itemId, value: 1, listId: null });
    const counts = (await recommendations.facets(reader)).map(({ nItems }) => nItems);
    expect(counts.reduce((a, b) => a + b)).toBe(before.reduce((sum, { nItems }) => sum + nItems, 0) + 1);
  });
});
