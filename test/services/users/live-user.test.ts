/** The persona of a user in memory: when it moves, when it is stored and published, and what a query leaves alone. */

import { createHash } from 'node:crypto';

import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import type { Container } from '../../../server/app/container.js';
import type { BehaviourEvent } from '../../../server/domain/index.js';
import { PERSONA_SIGNALS } from '../../../server/domain/index.js';
import type { Store } from '../../../server/store/index.js';
import { smallWorld, type SmallWorld } from '../../support/small-world.js';
import { waitFor } from '../../support/wait-for.js';

const NO_DETAILS = { sessionId: null, position: null, listId: null, device: null, locale: null };
/** A user with events before the first training. */
const EARLY = idOf('early');

let world: SmallWorld;
let store: Store;
let container: Container;
let itemIds: string[];
let publishedAtTraining: string[];
const others: Container[] = [];

beforeAll(async () => {
  world = await smallWorld();
  ({ store, container } = world);
  itemIds = (await store.items.list({ first: 40, after: null })).rows.map(({ itemId }) => itemId);
  await buy(EARLY, itemIds.slice(0, PERSONA_SIGNALS));
  publishedAtTraining = publishedBy(container);
  await container.services.training.run('startup');
}, 120_000);
afterEach(async () => {
  vi.restoreAllMocks();
  for (const other of others.splice(0)) await other.stop();
});
afterAll(() => container.stop());

function idOf(name: string): string {
  return createHash('sha256').update(name).digest('hex');
}

async function startAnother(): Promise<Container> {
  const other = world.another();
  others.push(other);
  await other.start();
  return other;
}

/** Resolves when everything is written. */
const settle = ({ services }: Container) => services.userData.export(EARLY);

const buy = (userId: string, items: readonly string[]) =>
  container.services.events.record(
    items.map((itemId) => ({
      ...NO_DETAILS,
      userId,
      itemId,
      type: 'purchase' as const,
      at: null,
      value: 20,
    })),
  );

/** Recorded and not applied, as by an instance that ended. */
const record = (userId: string) =>
  store.activity.append(
    itemIds.map((itemId, n): BehaviourEvent => {
      const at = Date.now() - 1_000 + n;
      return { ...NO_DETAILS, id: `bought ${n}`, userId, type: 'purchase', itemId, at, value: 20 };
    }),
  );

/** The users whose persona is published after the call, oldest first. */
function publishedBy({ bus }: Container): string[] {
  const userIds: string[] = [];
  bus.listen('persona.changed', ({ userId }) => void userIds.push(userId));
  return userIds;
}

describe('a query', () => {
  it('neither stores nor publishes a persona, and shows the one that behaviour points to', async () => {
    const userId = idOf('read');
    await record(userId);
    await store.users.ensure([{ userId, locale: null, createdAt: 0, isSynthetic: false }]);
    await container.rebuilder.run();
    const { services, bus } = await startAnother();
    const published = publishedBy({ bus } as Container);
    const writes = [vi.spyOn(store.users, 'assignPersonas'), vi.spyOn(store.personaHistory, 'appendMany')];
    const { rows } = await services.users.users({ first: 20, after: null });
    for (const { userId: other } of rows) await services.recommendations.show({ userId: other, first: 10 });
    const list = await services.recommendations.recommend({ userId, first: 10 });
    const shown = (await services.users.find(userId))?.persona;
    await services.userData.export(userId);
    for (const write of writes) expect(write).not.toHaveBeenCalled();
    expect(published).toEqual([]);
    expect(list.personaId).not.toBeNull();
    expect(shown?.personaId).toBe(list.personaId);
  });
});

describe('the persona of a user', () => {
  it('is stored and published with the event that moves it, without a query', async () => {
    const userId = idOf('buyer');
    const published = publishedBy(container);
    await buy(userId, itemIds.slice(0, PERSONA_SIGNALS));
    await settle(container);
    const { persona, eventCount } = (await store.users.find(userId))!;
    expect(eventCount).toBe(PERSONA_SIGNALS);
    expect(published).toEqual([userId]);
    expect(await store.personaHistory.findByUser(userId, 9)).toMatchObject([
      { personaId: persona!.personaId, cause: 'live' },
    ]);
  });

  it('is stored on the next attempt, with its step, when the database refuses it', async () => {
    const userId = idOf('refused');
    const assign = vi.spyOn(store.users, 'assignPersonas').mockRejectedValueOnce(new Error('away'));
    await buy(userId, itemIds.slice(0, PERSONA_SIGNALS));
    await expect(settle(container)).rejects.toThrow('away');
    await buy(userId, itemIds.slice(PERSONA_SIGNALS));
    await settle(container);
    expect(assign.mock.calls.length).toBeGreaterThan(1);
    expect(await store.users.find(userId)).toMatchObject({ eventCount: itemIds.length });
    expect(await store.profiles.find(userId)).toMatchObject({ eventCount: itemIds.length });
    const told = await store.personaHistory.findByUser(userId, 9);
    expect(told.at(-1)).toMatchObject({ cause: 'live' });
    expect(new Set(told.map(({ at }) => at)).size).toBe(told.length);
    expect(await store.activity.findPendingUsers()).toEqual([]);
  });

  it('is published by every instance that holds the user, and stored by the one that moved it', async () => {
    const userId = idOf('followed');
    const other = await startAnother();
    other.follow();
    await other.services.recommendations.recommend({ userId, first: 1 });
    const published = publishedBy(other);
    for (const itemId of itemIds.slice(0, PERSONA_SIGNALS))
      await container.services.feedback.submit({ userId, itemId, value: 1, listId: null });
    const persona = (await container.services.users.find(userId))?.persona;
    await waitFor(() => published.length > 0, 'the thumbs move the persona there');
    expect(persona?.personaId).toBeDefined();
    expect(published).toEqual([userId]);
    expect((await other.services.users.find(userId))?.persona?.personaId).toBe(persona!.personaId);
    await settle(container);
    const assign = vi.spyOn(store.users, 'assignPersonas');
    await settle(other);
    expect(assign).not.toHaveBeenCalled();
  });

  it('is published when a version is activated that gives another one', async () => {
    await waitFor(() => publishedAtTraining.includes(EARLY), 'the persona is published');
    expect((await container.services.users.find(EARLY))?.persona).not.toBeNull();
  });

  it('is stored by the recovery of what an ended instance left unapplied', async () => {
    const userId = idOf('recovered');
    await record(userId);
    await settle(await startAnother());
    const { persona, eventCount } = (await store.users.find(userId))!;
    expect(eventCount).toBe(itemIds.length);
    expect(await store.personaHistory.findByUser(userId, 9)).toMatchObject([
      { personaId: persona?.personaId },
    ]);
  });
});
