/** A catalogue that changes while it is served: what was made of it before is stale, here and on other instances. */

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import type { Container } from '../../../server/app/container.js';
import type { Item } from '../../../server/domain/index.js';
import { ListEvents } from '../../../server/resolvers/list-events.js';
import type { SmallWorld } from '../../support/small-world.js';
import { smallWorld } from '../../support/small-world.js';

const USER = 'c'.repeat(64);

describe('a catalogue that changes', () => {
  let here: Container;
  let there: Container;
  let another: SmallWorld['another'];
  let items: Map<string, Item>;

  beforeAll(async () => {
    const world = await smallWorld();
    ({ container: here, another } = world);
    await here.training.run('startup');
    there = another();
    await there.start();
    here.follow();
    there.follow();
    items = new Map(
      (await world.store.items.list({ first: 1_000, after: null })).rows.map((item) => [item.itemId, item]),
    );
  }, 180_000);

  afterAll(async () => {
    await here.stop();
    await there.stop();
  });

  const listOn = ({ services }: Container, first = 10) =>
    services.recommendations.recommend({ userId: USER, first });
  const idsOn = async (container: Container) => (await listOn(container)).items.map(({ itemId }) => itemId);
  const write = (container: Container, itemId: string, changes: Partial<Item>) =>
    container.services.catalogue.importItems([{ ...items.get(itemId)!, ...changes }]);

  /** The pushes to a window of the user, as causes. */
  function openWindow(container: Container, request: { first: number } = { first: 10 }) {
    const { bus, services } = container;
    const names = ['recommendations.updated', 'model.activated', 'catalogue.changed', 'user.erased'] as const;
    const events = new ListEvents(bus.subscribe(names), {
      catalogue: services.catalogue,
      list: () => services.recommendations.recommend({ userId: USER, ...request }),
      isFickle: false,
    });
    const pushes: string[] = [];
    void (async () => {
      for await (const { event } of events) pushes.push(event.name);
    })();
    return { pushes, close: () => events.return() };
  }

  it('takes what is off offer out of remembered lists on every instance, with a higher revision', async () => {
    const [before, elsewhere] = [await listOn(here), await listOn(there)];
    const gone = before.items[0].itemId;
    await write(here, gone, { isAvailable: false });
    expect(await idsOn(here)).not.toContain(gone);
    await vi.waitFor(async () => expect(await idsOn(there)).not.toContain(gone));
    const [now, nowElsewhere] = [await listOn(here), await listOn(there)];
    expect(now.revision).toBeGreaterThan(before.revision);
    expect(nowElsewhere.revision).toBe(now.revision);
    expect(elsewhere.revision).toBe(before.revision);
    await write(here, gone, {});
  });

  it('keeps its revision across a restart', async () => {
    const [itemId] = items.keys();
    await write(here, itemId, { title: 'Another title' });
    const { revision } = await listOn(here);
    const restarted = another();
    await restarted.start();
    expect((await listOn(restarted)).revision).toBe(revision);
    await restarted.stop();
  });

  it('shows what an item is now, not what it was', async () => {
    const [itemId] = await idsOn(there);
    await there.services.catalogue.item(itemId);
    await write(here, itemId, { title: 'Another title' });
    await vi.waitFor(async () =>
      expect(await there.services.catalogue.item(itemId)).toMatchObject({ title: 'Another title' }),
    );
  });

  it('knows a new item at once, and what it is like, on every instance', async () => {
    const [known] = items.values();
    const twin = { ...known, itemId: 'twin' };
    await here.services.catalogue.importItems([twin]);
    await vi.waitFor(() => expect(there.services.catalogue.has('twin')).toBe(true));
    for (const { services } of [here, there]) {
      const [nearest] = await services.catalogue.similarItems('twin', 5);
      expect(items.get(nearest.itemId)?.category).toBe(known.category);
      expect(
        await services.feedback.submit({ userId: USER, itemId: 'twin', value: 1, listId: null }),
      ).toMatchObject({
        kind: 'accepted',
      });
    }
  });

  it('names no item that is off offer as similar', async () => {
    // Not the first, whose nearest item may be its twin.
    const [, itemId] = items.keys();
    const [nearest] = await here.services.catalogue.similarItems(itemId, 5);
    await write(here, nearest.itemId, { isAvailable: false });
    const now = await here.services.catalogue.similarItems(itemId, 5);
    expect(now.map((row) => row.itemId)).not.toContain(nearest.itemId);
    expect(now).toHaveLength(5);
  });

  it('pushes to a window whose list it moved, and to no other', async () => {
    const shown = await idsOn(there);
    const window = openWindow(there);
    await vi.waitFor(() => expect(there.bus.size).toBeGreaterThan(0));
    const other = [...items.keys()].find((itemId) => !shown.includes(itemId))!;
    const { generation } = there.services.catalogue;
    await write(here, other, { title: 'Nobody looks at it', isAvailable: false });
    await vi.waitFor(() => expect(there.services.catalogue.hasChangedSince(other, generation)).toBe(true));
    await write(here, shown[3], { isAvailable: false });
    await vi.waitFor(() => expect(window.pushes).toEqual(['catalogue.changed']), 5_000);
    await there.services.feedback.submit({ userId: USER, itemId: shown[0], value: 1, listId: null });
    await vi.waitFor(() => expect(window.pushes).toEqual(['catalogue.changed', 'recommendations.updated']));
    await window.close();
  });

  it('gathers many changes into one push, and a second for those that came meanwhile', async () => {
    const changes = here.bus.subscribe(['catalogue.changed']);
    let nPushes = 0;
    void (async () => {
      for await (const _ of changes) nPushes += 1;
    })();
    const [first, ...rest] = [...items.keys()].slice(0, 60);
    // The pause after the last test's change is over.
    await vi.waitFor(async () => {
      await write(here, first, { title: `New ${nPushes} ${Date.now()}` });
      expect(nPushes).toBeGreaterThan(0);
    }, 5_000);
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    try {
      await vi.advanceTimersByTimeAsync(0);
      const before = nPushes;
      for (const itemId of rest) await write(here, itemId, { title: `New ${itemId}` });
      expect(nPushes - before).toBeLessThanOrEqual(1);
    } finally {
      vi.useRealTimers();
      await changes.return?.();
    }
    expect(here.services.catalogue.hasChangedSince(rest[58], 0)).toBe(true);
  });

  it('changes nothing by the same items again', async () => {
    await here.services.catalogue.importItems([...items.values()].slice(0, 20));
    const { generation } = here.services.catalogue;
    await here.services.catalogue.importItems([...items.values()].slice(0, 20));
    expect(here.services.catalogue.generation).toBe(generation);
  });
});
