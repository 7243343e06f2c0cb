/** Which items a list may hold: what the user has settled stays out, unless a request lets it come back. */

import { beforeAll, describe, expect, it } from 'vitest';

import type { Container } from '../../../server/app/container.js';
import type { Exclusion, RecordedEventType } from '../../../server/domain/index.js';
import type { Store } from '../../../server/store/index.js';
import { temporaryFile } from '../../ingest/temporary-file.js';
import type { SmallWorld } from '../../support/small-world.js';
import { smallWorld } from '../../support/small-world.js';

const SAMPLE = new URL('../../support/goodbooks-sample/', import.meta.url).pathname;
const DAY = 86_400_000;

const listOf = async (
  container: Container,
  userId: string,
  options: { first?: number; exclude?: Exclusion[] } = {},
) => {
  const { items } = await container.services.recommendations.recommend({ userId, first: 10, ...options });
  return items.map(({ itemId }) => itemId);
};

describe('lists of people who gave stars', () => {
  let store: Store;
  let container: Container;
  /** What each user's record says of each item. */
  const records = new Map<string, Map<string | null, RecordedEventType>>();

  beforeAll(async () => {
    ({ store, container } = await smallWorld({ nUsers: 0 }));
    const files = { items: `${SAMPLE}items.csv`, ratings: `${SAMPLE}ratings.csv` };
    await container.imports.run({ ...files, dryRun: false, rejectPath: null });
    await container.training.run('command');
    for await (const { userId, events } of store.activity.streamByUser()) {
      records.set(userId, new Map(events.map(({ itemId, type }) => [itemId, type])));
    }
  }, 120_000);

  it('hold no item their user has rated, whatever the stars', async () => {
    let nRated = 0;
    for (const [userId, rated] of records) {
      nRated += (await listOf(container, userId)).filter((itemId) => rated.has(itemId)).length;
    }
    expect({ nUsers: records.size, nRated }).toEqual({ nUsers: 250, nRated: 0 });
  });

  it('may hold what was rated again where nothing is excluded, but what was disliked', async () => {
    let nRated = 0;
    for (const [userId, typeOf] of records) {
      const types = (await listOf(container, userId, { exclude: [] })).map((itemId) => typeOf.get(itemId));
      nRated += types.filter((type) => type === 'like' || type === 'rating').length;
      expect(types).not.toContain('dislike');
    }
    expect(nRated).toBeGreaterThan(0);
  });

  it('are the ones that evaluation judges', async () => {
    const report = await container.evaluation.run({ truth: null });
    expect(report.exclude).toEqual(['rated', 'bought']);
  });
});

describe('lists of people who buy again', () => {
  const STAPLES = ['milk', 'bread', 'eggs', 'tea'];
  let world: SmallWorld;
  let container: Container;
  let shopper: string;

  beforeAll(async () => {
    world = await smallWorld({ nUsers: 0, pseudonymize: (rawId) => rawId.padEnd(64, '0') });
    container = world.container;
    const others = Array.from({ length: 36 }, (_, n) => `thing-${n}`);
    const items = [...STAPLES, ...others].map((itemId, n) => ({
      ...{ itemId, title: itemId, category: n % 2 === 0 ? 'food' : 'home', tags: [], attributes: {} },
      ...{ locale: null, createdAt: 0, isAvailable: true },
    }));
    await container.services.catalogue.importItems(items);
    const rows: string[] = ['userId,type,itemId,timestamp'];
    for (let user = 0; user < 40; user++) {
      for (let week = 0; week < 8; week++) {
        const at = (n: number) => new Date(Date.UTC(2026, 0, 5) + week * 7 * DAY + n * 60_000).toISOString();
        const basket = user % 2 === 0 ? STAPLES : others.slice(user % 10, (user % 10) + 4);
        basket.forEach((itemId, n) => rows.push(`u${user},purchase,${itemId},${at(n)}`));
        rows.push(`u${user},view,${others[(user * 7 + week) % others.length]},${at(9)}`);
      }
    }
    const events = temporaryFile('baskets.csv', rows.join('\n'));
    await container.imports.run({ events, dryRun: false, rejectPath: null });
    await container.training.run('command');
    shopper = 'u0'.padEnd(64, '0');
  }, 120_000);

  it('hold nothing that was bought by default', async () => {
    const list = await listOf(container, shopper, { first: 40 });
    expect(list.filter((itemId) => STAPLES.includes(itemId))).toEqual([]);
  });

  it('hold the staples where what was bought may come back', async () => {
    expect(await listOf(container, shopper, { exclude: ['rated'] })).toEqual(expect.arrayContaining(STAPLES));
  });

  it('hold nothing the user has dealt with where views are excluded', async () => {
    const met = (await container.services.events.history(shopper)).map(({ itemId }) => itemId);
    const list = await listOf(container, shopper, { first: 40, exclude: ['viewed'] });
    expect(list.length).toBeGreaterThan(0);
    expect(list.filter((itemId) => met.includes(itemId))).toEqual([]);
  });

  it('bring other items each time where what was listed is excluded, also on another instance', async () => {
    const request = { userId: shopper, first: 5, exclude: ['listed'] as Exclusion[] };
    const other = world.another();
    await other.start();
    const show = async ({ services }: Container) =>
      (await services.recommendations.show(request)).items.map(({ itemId }) => itemId);
    const seen = [...(await show(container)), ...(await show(container))];
    await container.stop();
    seen.push(...(await show(other)));
    expect(new Set(seen).size).toBe(15);
    await other.stop();
  });
});
