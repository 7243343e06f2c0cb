/** What a reader sees of a profile while another instance writes it. */

import { expect, it } from 'vitest';

import { LiveUsers } from '../../../server/services/users/live-users.js';
import type { Store } from '../../../server/store/index.js';
import { SILENT, smallWorld } from '../../support/small-world.js';

const USER = 'a'.repeat(64);

it.each(['before', 'after'])(
  'a thumb written just %s the pending ones are read counts once',
  async (when) => {
    const { store, container } = await smallWorld();
    await container.services.training.run('startup');
    const { itemId } = (await store.items.list({ first: 1, after: null })).rows[0];
    const settle = () => container.services.userData.export(USER);
    const around = async <T>(read: () => Promise<T>): Promise<T> => {
      if (when === 'before') await settle();
      const rows = await read();
      if (when === 'after') await settle();
      return rows;
    };
    const feedback: Store['feedback'] = {
      ...store.feedback,
      findPendingByUsers: (userIds) => around(() => store.feedback.findPendingByUsers(userIds)),
    };
    const { catalogue } = container.services;
    const reader = new LiveUsers({
      ...{ store: { ...store, feedback }, catalogue, clock: Date.now, log: SILENT },
      announce: () => Promise.resolve(),
      ...{ registry: { find: () => null }, bus: { publish: () => undefined } },
    });

    await container.services.feedback.submit({ userId: USER, itemId, value: 1, listId: null });
    expect((await reader.get(USER)).profile).toMatchObject({
      eventCount: 1,
      interactions: [{ itemId, opinion: 1 }],
    });
    reader.forget(USER);
    await container.services.feedback.submit({ userId: USER, itemId, value: -1, listId: null });
    await reader.preload([USER]);
    expect((await reader.get(USER)).profile).toMatchObject({
      eventCount: 2,
      interactions: [{ itemId, opinion: -1 }],
    });
    reader.forget(USER);
    await container.services.feedback.submit({ userId: USER, itemId, value: 0, listId: null });
    await reader.preload([USER]);
    expect((await reader.get(USER)).profile).toMatchObject({
      eventCount: 3,
      interactions: [{ itemId, opinion: 0 }],
    });
    await container.stop();
  },
);

it('a thumb that says what an event said before counts for every reader', async () => {
  const { store, container } = await smallWorld();
  await container.services.training.run('startup');
  const { itemId } = (await store.items.list({ first: 1, after: null })).rows[0];
  const { events, feedback, userData, catalogue } = container.services;
  const like = {
    userId: USER,
    type: 'like',
    itemId,
    at: Date.now() - 1_000,
    value: null,
    sessionId: null,
  } as const;
  await events.record([{ ...like, position: null, listId: null, device: null, locale: null }]);
  await userData.export(USER);
  const reader = new LiveUsers({
    ...{ store, catalogue, clock: Date.now, log: SILENT },
    announce: () => Promise.resolve(),
    ...{ registry: { find: () => null }, bus: { publish: () => undefined } },
  });
  expect((await reader.get(USER)).profile).toMatchObject({ eventCount: 1 });
  await feedback.submit({ userId: USER, itemId, value: 1, listId: null });
  reader.forget(USER);
  expect((await reader.get(USER)).profile).toMatchObject({ eventCount: 2 });
  await userData.export(USER);
  reader.forget(USER);
  expect((await reader.get(USER)).profile).toMatchObject({ eventCount: 2 });
  await container.stop();
});
