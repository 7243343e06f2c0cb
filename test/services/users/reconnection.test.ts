/** What an instance does when the database is back. */

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { LiveUsers } from '../../../server/services/users/live-users.js';
import { Reconnection } from '../../../server/services/users/reconnection.js';
import { createMemoryStore } from '../../../server/store/memory/index.js';
import { NOON, event, profile, thumb, userIdOf } from '../../contracts/samples.js';
import { SILENT } from '../../support/small-world.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

it('applies what is pending and publishes what other instances wrote unnoticed, once for several reconnects', async () => {
  const [ann, bob, cem] = [1, 2, 3].map(userIdOf);
  let reconnect = () => {};
  const store = {
    ...createMemoryStore(),
    onReconnect: (listener: () => void) => void (reconnect = listener),
  };
  const announced: string[] = [];
  const replaced: string[] = [];
  const profiles = new LiveUsers({
    ...{ store, catalogue: { categoryOf: () => null }, clock: () => NOON, log: SILENT },
    announce: async (_kind, userIds = []) => void announced.push(...userIds),
    registry: { find: () => null },
    bus: { publish: (_name, payload) => void replaced.push((payload as { userId: string }).userId) },
  });
  const verify = vi.spyOn(profiles.sync, 'verify');
  const reconnection = new Reconnection({ store, sync: profiles.sync, log: SILENT });
  reconnection.follow();
  for (const userId of [ann, bob, cem]) await profiles.get(userId);
  // Stored without an answer; and stored by another instance whose notice was lost.
  await store.feedback.submit(thumb({ userId: ann }));
  const [view] = await store.activity.append([event('a', { userId: bob })], { derived: true });
  await store.profiles.replaceMany([{ profile: profile(bob, 1), expectedRevision: 0 }]);

  reconnect();
  reconnect();
  await vi.advanceTimersByTimeAsync(2_000);
  await reconnection.close();
  await profiles.drain();
  expect((await profiles.get(ann)).profile.interactions).toMatchObject([{ itemId: 'i1', opinion: 1 }]);
  expect((await profiles.get(bob)).profile.interactions).toMatchObject([{ itemId: view.itemId, opinion: 0 }]);
  expect(replaced.sort()).toEqual([ann, bob]);
  expect(announced.sort()).toEqual([ann, bob]);
  expect(verify).toHaveBeenCalledTimes(1);
  reconnect();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(verify).toHaveBeenCalledTimes(1);
});
