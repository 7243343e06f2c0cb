/** What is shown of a list: made once for as long as the catalogue stays as it was. */

import { describe, expect, it } from 'vitest';

import { createEventBus } from '../../server/events/index.js';
import { createLoaders } from '../../server/loaders/index.js';
import type { ApiContext } from '../../server/resolvers/index.js';
import { toAlert, toDriftReport, toFacets, toRecommendationList } from '../../server/resolvers/views.js';
import { ALICE, BOB, fakeSystem } from '../support/fake-services.js';

describe('the view of a list', () => {
  it('is made once, by whatever request asks for it, and anew after an import', async () => {
    const { services, calls } = fakeSystem(createEventBus());
    const list = await services.recommendations.recommend({ userId: ALICE, first: 3 });
    const show = () =>
      toRecommendationList({ services, loaders: createLoaders(services) } as ApiContext, list);

    const first = await show();
    expect(first.items.map(({ item }) => item.title)).toEqual(['Item 0', 'Item 1', 'Item 2']);
    expect((await show()).items).toBe(first.items);
    expect(calls['itemsById']).toBe(1);

    await services.catalogue.importItems([{ ...(await services.catalogue.item('i1'))!, title: 'Renamed' }]);
    expect((await show()).items.map(({ item }) => item.title)).toEqual(['Item 0', 'Renamed', 'Item 2']);
  });

  it('shows a persona under the name it has now', async () => {
    const { services } = fakeSystem(createEventBus());
    const list = await services.recommendations.recommend({ userId: ALICE, first: 1 });
    const context = { services, loaders: createLoaders(services) } as ApiContext;
    expect((await toRecommendationList(context, list)).persona?.label).toBe('seeker');
    await services.personas.rename('seeker', 'Finder');
    expect((await toRecommendationList(context, list)).persona?.label).toBe('Finder');
  });
});

describe('the view of facets', () => {
  const contextOf = (isEnabled: boolean, userId: string) => {
    const { services } = fakeSystem(createEventBus());
    return {
      services: { ...services, privacy: { ...services.privacy, isEnabled } },
      loaders: createLoaders(services),
      viewer: { role: 'admin', userId },
    } as ApiContext;
  };

  it('leaves out items that are no longer in the catalogue', async () => {
    const context = contextOf(false, ALICE);
    const facets = await toFacets(context, ALICE);
    expect(facets).toMatchObject([
      { label: 'even', share: 0.6, itemCount: 6 },
      { label: 'odd', share: 0.4, itemCount: 4 },
    ]);
    const itemsOf = facets[1].items as (args: object, own: ApiContext) => Promise<{ id: string }[]>;
    expect((await itemsOf({}, context)).map(({ id }) => id)).toEqual(['i1']);
  });

  it('is withheld from others under differential privacy', async () => {
    expect(await toFacets(contextOf(true, BOB), ALICE)).toEqual([]);
    expect(await toFacets(contextOf(true, ALICE), ALICE)).toHaveLength(2);
  });
});

describe('the views under differential privacy', () => {
  it('leave of drift whether there is any, and of an alert what happened', async () => {
    const { services } = fakeSystem(createEventBus());
    const report = (await services.drift.report())!;
    const [alert] = await services.alerts.alerts({ first: 1 });
    const held = { ...alert, kind: 'candidate-held' as const, message: 'Held back: precision fell by .123.' };
    const context = (isEnabled: boolean) =>
      ({ services: { ...services, privacy: { ...services.privacy, isEnabled } } }) as ApiContext;

    const hidden = { isDrifting: true, isWithheld: true, nUsers: null, features: [], personas: [] };
    expect(toDriftReport(context(true), report)).toMatchObject(hidden);
    expect(toDriftReport(context(false), report)).toMatchObject({ isWithheld: false, nUsers: 2 });
    expect(toAlert(context(true), alert)).toMatchObject({ message: alert.message, values: [] });
    expect(toAlert(context(true), held).message).not.toContain('.123');
    expect(toAlert(context(false), held).message).toContain('.123');
  });
});
