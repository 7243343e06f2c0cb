/** Users get the personas of a version: what is written, what is left alone, and what is repeated. */

import { beforeEach, describe, expect, it } from 'vitest';

import {
  CancelledError,
  DatabaseUnavailableError,
  type PersonaAssignment,
} from '../../../server/domain/index.js';
import { Reassignment } from '../../../server/services/training/reassignment.js';
import type { Store } from '../../../server/store/index.js';
import { createMemoryStore } from '../../../server/store/memory/index.js';
import { SILENT } from '../../support/small-world.js';

const AT = Date.UTC(2026, 0, 5);
const EARLIER = AT - 1_000;
const USERS = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(64));
const [ANN, BOB, CARL, DORA] = USERS;

const persona = (personaId: string, more: Partial<PersonaAssignment> = {}): PersonaAssignment => ({
  ...{ personaId, confidence: 0.5, since: EARLIER, pending: null, modelVersion: 1 },
  ...more,
});

describe('a re-assignment', () => {
  let store: Store;
  let forgotten: string[];
  const create = (over: Partial<Store['users']> = {}) =>
    new Reassignment({
      store: { ...store, users: { ...store.users, ...over } },
      users: { forget: (userId: string) => void forgotten.push(userId) },
      ...{ instanceId: 'test', clock: () => AT, log: SILENT },
    });
  const assignments = {
    userIds: USERS,
    personaIds: ['seeker', 'buyer'],
    // Ann moves, Bob stays, Carl is too new, Dora has chosen.
    labels: Int32Array.of(1, 0, -1, 0),
    confidence: Float32Array.of(0.75, 0.5, 0, 0.25),
    eventCounts: Int32Array.of(20, 20, 3, 20),
  };
  const write = (reassignment: Reassignment, signal = new AbortController().signal) =>
    reassignment.write({ version: 2, at: AT }, assignments, { signal });
  const personaOf = async (userId: string) => (await store.users.find(userId))?.persona;

  beforeEach(async () => {
    store = createMemoryStore();
    forgotten = [];
    await store.users.ensure(
      USERS.map((userId) => ({ userId, locale: null, createdAt: EARLIER, isSynthetic: true })),
    );
    await store.users.assignPersonas([
      { userId: ANN, persona: persona('seeker'), eventCount: 20 },
      { userId: BOB, persona: persona('seeker'), eventCount: 20 },
      { userId: CARL, persona: null, eventCount: 3 },
      { userId: DORA, persona: persona('buyer', { isChosen: true, confidence: 1 }), eventCount: 20 },
    ]);
  });

  it('moves those whose persona differs, and writes nothing for the others', async () => {
    await write(create());
    expect(await personaOf(ANN)).toMatchObject({
      personaId: 'buyer',
      confidence: 0.75,
      since: AT,
      modelVersion: 2,
    });
    expect(await personaOf(BOB)).toEqual(persona('seeker'));
    expect(await personaOf(CARL)).toBeNull();
    expect(forgotten).toEqual([ANN]);
  });

  it('keeps a persona that the user has chosen', async () => {
    await write(create());
    expect((await personaOf(DORA))?.personaId).toBe('buyer');
  });

  it('records a step of the version for every user with a persona', async () => {
    await write(create());
    const steps = await Promise.all(USERS.map((userId) => store.personaHistory.findByUser(userId, 1)));
    expect(steps.map(([step]) => step?.personaId ?? null)).toEqual(['buyer', 'seeker', null, 'buyer']);
  });

  it('leaves out a user who was erased since the data were read', async () => {
    await store.users.delete(ANN);
    await write(create());
    expect(await personaOf(ANN)).toBeUndefined();
    expect(await store.personaHistory.findByUser(ANN, 1)).toEqual([]);
  });

  it('repeats a call that the database does not answer', async () => {
    let nCalls = 0;
    const reassignment = create({
      assignPersonas: (...args) =>
        ++nCalls === 1 ? Promise.reject(new DatabaseUnavailableError()) : store.users.assignPersonas(...args),
    });
    await write(reassignment);
    expect(nCalls).toBe(2);
    expect((await personaOf(ANN))?.personaId).toBe('buyer');
  });

  it('stops when it is cancelled', async () => {
    await expect(write(create(), AbortSignal.abort())).rejects.toThrow(CancelledError);
    expect((await personaOf(ANN))?.personaId).toBe('seeker');
  });
});
