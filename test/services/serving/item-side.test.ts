/** The published item side: the same lists on a device as on the server, from the model that serves. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { readModel } from '../../../client/sdk/on-device.js';
import type { DeviceInteraction, DeviceModel, DeviceRecommendation } from '../../../client/sdk/on-device.js';
import { smallWorld, type SmallWorld } from '../../support/small-world.js';

/** As the memory of a browser gives it. */
const fileOf = async ({ container }: SmallWorld) => {
  const { bytes, etag, version } = await container.itemSide!.file();
  return { bytes: Uint8Array.from(bytes), etag, version };
};

describe('the item side of the active model', () => {
  let world: SmallWorld;
  let device: DeviceModel;
  let itemIds: string[];
  let now = Date.UTC(2026, 0, 5);

  beforeAll(async () => {
    world = await smallWorld({ clock: () => now });
    await world.container.services.training.run('startup');
    device = await readModel((await fileOf(world)).bytes);
    itemIds = [];
    for await (const batch of world.store.items.streamAll())
      itemIds.push(...batch.map(({ itemId }) => itemId));
    itemIds.sort();
  });
  afterAll(() => world.container.stop());

  /** Gives thumbs to a new user, and returns them as a device keeps them. */
  async function thumbsOf(userId: string, values: readonly (1 | -1)[], start: number) {
    const { feedback } = world.container.services;
    const history: DeviceInteraction[] = [];
    for (const [k, value] of values.entries()) {
      const itemId = itemIds[(start + 17 * k) % itemIds.length]!;
      now += 60_000;
      await feedback.submit({ userId, itemId, value, listId: null });
      history.push({ itemId, opinion: value, at: now });
    }
    return history;
  }

  it('lists the same items with the same scores and reasons as the server', async () => {
    const { recommendations } = world.container.services;
    let nSame = 0;
    const nUsers = 40;
    for (let u = 0; u < nUsers; u++) {
      const userId = u.toString(16).padStart(64, 'f');
      const values = Array.from({ length: u % 9 }, (_, k) => (k % 4 === 3 ? -1 : 1) as 1 | -1);
      const history = await thumbsOf(userId, values, 31 * u);
      const list = await recommendations.recommend({ userId, first: 10 });
      expect(list.personaId).toBeNull();
      const own = device.recommend(history);
      const scores = new Map(list.items.map(({ itemId, score }) => [itemId, score]));
      for (const { item, score, explanation } of own) {
        if (scores.has(item.id)) expect(Math.abs(score - scores.get(item.id)!)).toBeLessThan(1e-4);
        const { persona, popularity, sequence, otherItems, total, items } = explanation;
        const sum = items.reduce((all, { contribution }) => all + contribution, 0);
        expect(persona + popularity + sequence + otherItems + sum).toBeCloseTo(total, 6);
      }
      const ids = own.map(({ item }) => item.id);
      nSame += Number(ids.join() === list.items.map(({ itemId }) => itemId).join());
      const [top] = list.items;
      const mine = own.find(({ item }) => item.id === top!.itemId)!.explanation;
      expect(mine.items.map(({ item }) => item.id)[0]).toBe(top!.explanation.items[0]?.itemId);
    }
    // Scores that differ by less than the rounding may change places.
    expect(nSame).toBeGreaterThanOrEqual(0.95 * nUsers);
  });

  it('gives the same counterfactual ranks as the server', async () => {
    const { recommendations } = world.container.services;
    const userId = 'e'.repeat(64);
    const history = await thumbsOf(userId, [1, 1, 1, -1, 1], 3);
    const [top] = (await recommendations.recommend({ userId, first: 1 })).items;
    const withoutItemId = history[0]!.itemId;
    const ask = { userId, itemId: top!.itemId, withoutItemId };
    const { rankBefore, rankAfter } = (await recommendations.counterfactual(ask))!;
    expect(device.counterfactual(history, top!.itemId, withoutItemId)).toEqual({ rankBefore, rankAfter });
    expect(device.counterfactual(history, top!.itemId, 'unknown')).toBeNull();
  });

  it('knows nothing of any user', async () => {
    const { bytes } = await fileOf(world);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
    const text = Buffer.from(await new Response(stream).arrayBuffer()).toString('latin1');
    for await (const batch of world.store.profiles.streamAll())
      for (const { userId } of batch) expect(text).not.toContain(userId);
  });

  it('follows the catalogue, at most once a minute', async () => {
    const { catalogue } = world.container.services;
    const before = await fileOf(world);
    const [{ item }] = device.recommend([]) as [DeviceRecommendation];
    now += 61_000;
    await catalogue.updateItem(item.id, { isAvailable: false });
    const after = await fileOf(world);
    expect(after.etag).not.toBe(before.etag);
    const later = await readModel(after.bytes);
    expect(later.recommend([]).map((row) => row.item.id)).not.toContain(item.id);
    expect(later.item(item.id)).toEqual(item);
    await catalogue.updateItem(item.id, { isAvailable: true });
    expect((await fileOf(world)).etag).toBe(after.etag);
    now += 61_000;
    expect((await fileOf(world)).etag).toBe(before.etag);
  });

  it('is refused by the kit when it is damaged or incomplete', async () => {
    const { bytes } = await fileOf(world);
    const changed = bytes.slice();
    changed[bytes.length >> 1]! ^= 1;
    for (const wrong of [bytes.slice(0, -1), bytes.slice(0, 5_000), changed, new Uint8Array(0)])
      await expect(readModel(wrong)).rejects.toMatchObject({ name: 'LoadModelError', reason: 'damaged' });
  });

  it('is not made where the operator does not publish it', async () => {
    expect(world.another({ hasPrivateMode: false }).itemSide).toBeUndefined();
  });
});
