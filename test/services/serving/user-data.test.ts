/** Erasure beside what goes on at the same time: another instance that knows the user, a run that is under way. */

import { describe, expect, it } from 'vitest';

import type { Container } from '../../../server/app/container.js';
import type { Store } from '../../../server/store/index.js';
import { createInlineTrainer } from '../../../server/workers/index.js';
import { smallWorld } from '../../support/small-world.js';
import { waitFor } from '../../support/wait-for.js';

const NEWCOMER = 'a'.repeat(64);

async function drain(container: Container): Promise<void> {
  await container.services.userData.export(NEWCOMER);
}

async function rowsOf(store: Store, userId: string): Promise<unknown[]> {
  return [
    await store.users.find(userId),
    await store.profiles.find(userId),
    ...(await store.activity.findByUser(userId)),
    ...(await store.feedback.findByUser(userId)),
    ...(await store.personaHistory.findByUser(userId, 100)),
    ...(await store.shownLists.findByUser(userId)),
  ].filter((row) => row !== null);
}

describe('following erasures', () => {
  it('counts as no subscription', async () => {
    const { container } = await smallWorld();
    await container.start();
    container.follow();
    expect(container.bus.size).toBe(0);
    await container.stop();
  });
});

describe('an erasure', () => {
  it('says beforehand what it would remove, and removes nothing then', async () => {
    const { store, container } = await smallWorld();
    await container.services.training.run('startup');
    const [{ userId }] = (await store.users.list({ first: 1, after: null })).rows;
    const before = await rowsOf(store, userId);
    const counts = await container.services.userData.erasable(userId);
    expect(counts).toMatchObject({ users: 1, profiles: 1, modelVersions: 1 });
    expect(await rowsOf(store, userId)).toEqual(before);
    expect((await container.services.userData.erase(userId))?.removed).toEqual(counts);
    expect(await container.services.userData.erasable(userId)).toBeNull();
    await container.stop();
  });

  it('says that the oplog still names the user, and until when where that is known', async () => {
    const { store, container, another } = await smallWorld();
    const known = another({ oplogKeptMs: 5_000 });
    const [{ userId }, { userId: other }] = (await store.users.list({ first: 2, after: null })).rows;
    const receipt = (await known.services.userData.erase(userId))!;
    expect(receipt.remains).toContain('oplog');
    expect(receipt.until).toBe(receipt.completedAt + 5_000);
    const unknown = (await container.services.userData.erase(other))!;
    expect(unknown.remains).toContain('oplog');
    expect(unknown.until).toBeNull();
    await known.stop();
    await container.stop();
  });

  it('reaches what another instance has not written yet, and counts only what was there', async () => {
    const { store, container, another } = await smallWorld();
    await container.services.training.run('startup');
    const late: number[] = [];
    // Hears late: what it had waiting is written after the rows are gone.
    const watchDeleted: Store['users']['watchDeleted'] = async function* (options) {
      for await (const userId of store.users.watchDeleted(options)!) {
        await drain(other);
        late.push((await rowsOf(store, userId)).length);
        yield userId;
      }
    };
    const other = another({ store: { ...store, users: { ...store.users, watchDeleted } } });
    await other.start();
    other.follow();
    const told = other.bus.subscribe(['user.erased']);
    const { itemId } = (await store.items.list({ first: 1, after: null })).rows[0];
    await other.services.feedback.submit({ userId: NEWCOMER, itemId, value: 1, listId: null });

    const receipt = await container.services.userData.erase(NEWCOMER);
    expect(receipt?.removed).toMatchObject({ feedback: 1, users: 0 });
    expect((await told.next()).value).toMatchObject({ payload: { userId: NEWCOMER } });
    expect(late[0]).toBeGreaterThan(0);
    await drain(other);
    expect(await rowsOf(store, NEWCOMER)).toEqual([]);
    expect(await container.services.userData.erase(NEWCOMER)).toBeNull();
    await told.next();

    // Whoever comes back is new, and stays.
    await other.services.feedback.submit({ userId: NEWCOMER, itemId, value: -1, listId: null });
    await drain(other);
    expect(await store.feedback.findByUser(NEWCOMER)).toMatchObject([{ value: -1 }]);
    expect(await store.users.find(NEWCOMER)).not.toBeNull();
    await other.stop();
    await container.stop();
  });

  it('leaves nobody in the map of a version whose run had read the user before', async () => {
    const { store, container, another } = await smallWorld();
    await container.services.training.run('startup');
    const { userId } = (await store.users.list({ first: 1, after: null })).rows[0];
    const trainer = createInlineTrainer();
    const strict = another({
      guardTolerance: -1,
      trainer: {
        ...trainer,
        async train(input, options) {
          const result = await trainer.train(input, options);
          await container.services.userData.erase(userId);
          return result;
        },
      },
    });
    await strict.start();
    const run = await strict.services.training.run('admin');
    const version = run.modelVersion!;
    expect(await store.models.find(version)).toMatchObject({ status: 'candidate' });
    const named = new TextDecoder().decode((await store.models.getParts(version)).get('map/users'));
    expect(named).toContain('0'.repeat(userId.length));
    expect(named).not.toContain(userId);
    await waitFor(async () => (await rowsOf(store, userId)).length === 0, 'nothing is left of the user');
    await strict.stop();
    await container.stop();
  });
});
