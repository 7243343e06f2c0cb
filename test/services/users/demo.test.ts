/** The demo ends with the first real user or item, by whatever way it comes, and with nothing else. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Container } from '../../../server/app/container.js';
import type { NewEvent } from '../../../server/services/index.js';
import type { Store } from '../../../server/store/index.js';
import { item, userIdOf } from '../../contracts/samples.js';
import { smallWorld } from '../../support/small-world.js';
import { waitFor } from '../../support/wait-for.js';

const STRANGER = userIdOf(7);
const view = (userId: string | null, itemId: string): NewEvent => ({
  ...{ type: 'view', userId, itemId, at: null, value: null, sessionId: null },
  ...{ position: null, listId: null, device: null, locale: null },
});

/** Before the first training there is no list to answer with; the thumb is stored all the same. */
const thumb = (container: Container, userId: string, itemId: string) =>
  expect(
    container.services.feedback.submit({ userId, itemId, value: 1, listId: null }),
  ).rejects.toMatchObject({ code: 'NO_ACTIVE_MODEL' });

interface Scene {
  readonly container: Container;
  readonly store: Store;
  readonly itemId: string;
  /** A synthetic user. */
  readonly userId: string;
  /** Writes a file and gives its path. */
  file(name: string, text: string): Promise<string>;
}

const importing =
  (file: 'items' | 'events' | 'ratings', text: string, dryRun = false) =>
  async ({ container, file: write }: Scene) => {
    const path = await write(`${file}.csv`, text);
    await container.imports.run({ [file]: path, dryRun, rejectPath: null });
  };

/** What ends the demo. */
const REAL: Readonly<Record<string, (scene: Scene) => Promise<unknown>>> = {
  'an item by importItems': ({ container }) => container.services.catalogue.importItems([item('real')]),
  'a thumb of a real user': ({ container, itemId }) => thumb(container, STRANGER, itemId),
  'an event of a real user': ({ container, itemId }) =>
    container.services.events.record([view(STRANGER, itemId)]),
  'an event of a real user among those of synthetic ones': ({ container, itemId, userId }) =>
    container.services.events.record([view(userId, itemId), view(STRANGER, itemId)]),
  'a file of items': importing('items', 'itemId,title\nreal,Real\n'),
  'a file of events': importing('events', 'userId,type,itemId,timestamp\nann,view,x,2026-01-05\n'),
  'a file of ratings': importing('ratings', 'userId,itemId,rating\nann,x,5\n'),
};

/** What does not. */
const HARMLESS: Readonly<Record<string, (scene: Scene) => Promise<unknown>>> = {
  'an importItems without items': ({ container }) => container.services.catalogue.importItems([]),
  'a thumb of a synthetic user': ({ container, itemId, userId }) => thumb(container, userId, itemId),
  'a thumb of a real user on an unknown item': ({ container }) =>
    container.services.feedback.submit({ userId: STRANGER, itemId: 'nowhere', value: 1, listId: null }),
  'an event of a synthetic user': ({ container, itemId, userId }) =>
    container.services.events.record([view(userId, itemId)]),
  'an event that breaks a rule': ({ container }) =>
    container.services.events.record([view(STRANGER, ''), view(null, 'x')]),
  'the events of a demo user after an erasure': async ({ container, itemId, userId }) => {
    container.services.demo.admit(userId);
    await container.services.userData.erase(userId);
    await container.services.events.record([view(userId, itemId)]);
  },
  'a file of items with a header and nothing else': importing('items', 'itemId,title\n'),
  'a file of events whose rows are all rejected': importing(
    'events',
    'userId,type,itemId,timestamp\nann,sing,x,2026-01-05\n',
  ),
  'a dry run': importing('items', 'itemId,title\nreal,Real\n', true),
};

describe('the demo', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'smartpersona-demo-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function scene(options: { isDemoAllowed?: boolean } = {}): Promise<Scene & { other: Container }> {
    const { container, store, another } = await smallWorld({ nUsers: 5, ...options });
    const other = another();
    await other.start();
    other.follow();
    return {
      ...{ container, store, other },
      itemId: (await store.items.list({ first: 1, after: null })).rows[0].itemId,
      userId: (await store.users.list({ first: 1, after: null })).rows[0].userId,
      async file(name, text) {
        const path = join(folder, name);
        await writeFile(path, text);
        return path;
      },
    };
  }

  it.each(Object.entries(REAL))('ends with %s, on every instance', async (_what, act) => {
    const at = await scene();
    let nChanges = 0;
    at.container.bus.listen('access.changed', () => (nChanges += 1));
    expect([at.container.services.demo.isOpen, at.other.services.demo.isOpen]).toEqual([true, true]);
    await act(at);
    expect(at.container.services.demo.isOpen).toBe(false);
    expect((await at.store.dataset.get()).isSynthetic).toBe(false);
    expect(nChanges).toBe(1);
    await waitFor(() => !at.other.services.demo.isOpen, 'the other instance has ended the demo');
    await at.container.stop();
    await at.other.stop();
  });

  it.each(Object.entries(HARMLESS))('goes on after %s', async (_what, act) => {
    const at = await scene();
    await act(at);
    expect(at.container.services.demo.isOpen).toBe(true);
    expect((await at.store.dataset.get()).isSynthetic).toBe(true);
    await at.container.stop();
    await at.other.stop();
  });

  it('is closed where the settings do not allow it, whatever the data', async () => {
    const at = await scene({ isDemoAllowed: false });
    expect(at.container.services.demo.isOpen).toBe(false);
    expect((await at.store.dataset.get()).isSynthetic).toBe(true);
    await at.container.stop();
    await at.other.stop();
  });
});
