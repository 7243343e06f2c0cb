/** Users as they are shown. */

import { describe, expect, it } from 'vitest';

import { LiveUsers } from '../../../server/services/users/live-users.js';
import { UserService } from '../../../server/services/users/user.service.js';
import { createMemoryStore } from '../../../server/store/memory/index.js';
import { NOON, event, userIdOf } from '../../contracts/samples.js';
import { SILENT } from '../../support/small-world.js';

describe('the directory of users', () => {
  it('counts the events that are learned, also where the user row was not written before a crash', async () => {
    const store = createMemoryStore();
    const userId = userIdOf(1);
    const profiles = new LiveUsers({
      ...{ store, catalogue: { categoryOf: () => null }, clock: () => NOON, log: SILENT },
      ...{
        announce: async () => undefined,
        registry: { find: () => null },
        bus: { publish: () => undefined },
      },
    });
    await store.activity.append([event('a', { userId }), event('b', { userId, at: NOON + 1 })]);
    await profiles.sync.recover();
    await store.users.assignPersonas([{ userId, persona: null, eventCount: 1 }]);

    const users = new UserService({ store, live: profiles });
    expect(await users.find(userId)).toMatchObject({ eventCount: 2 });
    expect((await users.users({ first: 10, after: null })).rows).toMatchObject([{ eventCount: 2 }]);
  });
});
