/** What an instance that ended left unapplied is applied by another one. */

import { expect, it } from 'vitest';

import { LiveUsers } from '../../../server/services/users/live-users.js';
import { Succession } from '../../../server/services/users/succession.js';
import type { PendingMark } from '../../../server/store/index.js';
import { createMemoryStore } from '../../../server/store/memory/index.js';
import { NOON, event, thumb, userIdOf } from '../../contracts/samples.js';
import { SILENT } from '../../support/small-world.js';

const [ann, bob, cem, dan] = [1, 2, 3, 4].map(userIdOf);

it('rebuilds and publishes the users of marks that stay, and leaves those of a bulk load for ten minutes', async () => {
  let now = NOON;
  let foreign: PendingMark[] = [];
  const memory = createMemoryStore();
  const adopted: string[] = [];
  const activity = {
    ...memory.activity,
    findForeignMarks: async () => foreign,
    adoptMarks: (marks: readonly PendingMark[]) => void adopted.push(...marks.map(({ markId }) => markId)),
  };
  const store = { ...memory, activity };
  const announced: string[] = [];
  const profiles = new LiveUsers({
    ...{ store, catalogue: { categoryOf: () => null }, clock: () => now, log: SILENT },
    announce: async (_kind, userIds = []) => void announced.push(...userIds),
    ...{ registry: { find: () => null }, bus: { publish: () => undefined } },
  });
  const succession = new Succession({
    store,
    sync: profiles.sync,
    instanceId: 'here',
    clock: () => now,
    log: SILENT,
  });
  await profiles.get(bob);

  await store.feedback.submit(thumb({ userId: ann, origin: 'gone' }));
  await store.feedback.submit(thumb({ userId: dan, origin: 'here' }));
  await store.activity.append([event('a', { userId: bob }), event('b', { userId: cem })]);
  foreign = [
    { markId: 'of an event', userIds: [bob], isBulk: false },
    { markId: 'of an import', userIds: [cem], isBulk: true },
  ];
  await succession.look();
  now += 2_900;
  await succession.look();
  expect(announced).toEqual([]);

  now += 100;
  await succession.look();
  expect(announced.sort()).toEqual([ann, bob]);
  expect(adopted).toEqual(['of an event']);
  expect(await store.activity.findByUser(ann)).toMatchObject([{ type: 'like' }]);
  expect(await store.feedback.findPending()).toMatchObject([{ userId: dan }]);
  for (const userId of [ann, bob])
    expect((await profiles.get(userId)).profile).toMatchObject({ eventCount: 1 });

  foreign = foreign.filter(({ isBulk }) => isBulk);
  now += 600_000;
  await succession.look();
  expect(adopted).toEqual(['of an event', 'of an import']);
  expect(announced).toContain(cem);
});

it('begins anew with a mark that comes back', async () => {
  let now = NOON;
  const store = createMemoryStore();
  const rebuilt: string[] = [];
  const sync = { rebuild: async (userIds: readonly string[]) => void rebuilt.push(...userIds) };
  const succession = new Succession({
    store,
    sync,
    instanceId: 'here',
    clock: () => now,
    log: SILENT,
  });
  const { stored } = await store.feedback.submit(thumb({ origin: 'other' }));
  await succession.look();
  await store.feedback.markApplied([stored]);
  await succession.look();
  await store.feedback.submit(thumb({ origin: 'other', value: -1 }));
  now += 3_000;
  await succession.look();
  expect(rebuilt).toEqual([]);
  now += 3_000;
  await succession.look();
  expect(rebuilt).toEqual([ann]);
});
