import { expect, it } from 'vitest';

import type { TokenRole } from '../../../server/domain/index.js';
import { createEventBus } from '../../../server/events/index.js';
import { TokenService } from '../../../server/services/serving/index.js';
import { createMemoryStore } from '../../../server/store/memory/index.js';

const log = { debug() {}, info() {}, warn() {}, error() {} };

it('notes the use of admin and viewer tokens every five minutes, and never of a user’s token', async () => {
  const store = createMemoryStore();
  let now = 1_000_000;
  const noted: [string, number][] = [];
  const tokens = {
    ...store.tokens,
    noteUse: async (tokenId: string, at: number) => void noted.push([tokenId, at]),
  };
  const service = new TokenService({
    ...{ store: { ...store, tokens }, bus: createEventBus(), announce: async () => undefined },
    ...{ clock: () => now, log, maxDays: 1 },
  });
  const use = (tokenId: string | null, role: TokenRole) =>
    service.noteUse({ tokenId, issuedAt: 0, viewer: { role, userId: null } });
  use('a', 'admin');
  use('a', 'admin');
  use('v', 'viewer');
  use('u', 'user');
  use(null, 'admin');
  now += 5 * 60_000;
  use('a', 'admin');
  expect(noted).toEqual([
    ['a', 1_000_000],
    ['v', 1_000_000],
    ['a', 1_300_000],
  ]);
});
