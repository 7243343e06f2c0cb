/** A persona says only what is known: none before there is evidence, and the user's own choice at any time. */

import { createHash } from 'node:crypto';

import { beforeAll, describe, expect, it } from 'vitest';

import type { Opinion } from '../../../server/domain/index.js';
import { PERSONA_SIGNALS } from '../../../server/domain/index.js';
import type { Services } from '../../../server/services/index.js';
import type { SmallWorld } from '../../support/small-world.js';
import { smallWorld } from '../../support/small-world.js';
import { waitFor } from '../../support/wait-for.js';

const idOf = (name: string) => createHash('sha256').update(name).digest('hex');

describe('the evidence for a persona', () => {
  let world: SmallWorld;
  let services: Services;
  let itemIds: string[];
  beforeAll(async () => {
    world = await smallWorld({ nUsers: 200 });
    ({ services } = world.container);
    await services.training.run('startup');
    const { rows } = await services.catalogue.items({ first: 40, after: null });
    itemIds = rows.map(({ itemId }) => itemId);
  });

  const thumb = (userId: string, place: number, value: Opinion = 1) =>
    services.feedback.submit({ userId, itemId: itemIds[place], value, listId: null });
  const listOf = (userId: string) => services.recommendations.recommend({ userId, first: 10 });
  const personaOf = async (userId: string) => (await services.users.find(userId))?.persona ?? null;
  const thumbs = async (userId: string, n: number) => {
    for (let place = 0; place < n; place++) await thumb(userId, place, place % 3 === 2 ? -1 : 1);
  };

  it('is too little for a persona until the user has given enough signals', async () => {
    const userId = idOf('newcomer');
    expect(await services.corrections.evidence(userId)).toEqual({ have: 0, need: PERSONA_SIGNALS });
    await thumbs(userId, PERSONA_SIGNALS - 1);
    expect((await listOf(userId)).personaId).toBeNull();
    expect(await personaOf(userId)).toBeNull();
    expect(await services.corrections.evidence(userId)).toMatchObject({ have: PERSONA_SIGNALS - 1 });

    await thumb(userId, PERSONA_SIGNALS);
    const { personaId } = await listOf(userId);
    expect(personaId).not.toBeNull();
    expect(await personaOf(userId)).toMatchObject({ personaId });
  });

  it('shrinks when thumbs are taken back, and the persona goes with it', async () => {
    const userId = idOf('undecided');
    await thumbs(userId, PERSONA_SIGNALS);
    expect((await listOf(userId)).personaId).not.toBeNull();
    const moved = world.container.bus.subscribe(['persona.changed'], {
      filter: ({ payload }) => payload.userId === userId,
    });
    await thumb(userId, 0, 0);
    expect((await listOf(userId)).personaId).toBeNull();
    expect(await personaOf(userId)).toBeNull();
    expect((await moved.next()).value).toMatchObject({ payload: { userId } });
    await moved.return?.();
    expect(await services.corrections.evidence(userId)).toMatchObject({ have: PERSONA_SIGNALS - 1 });
    await waitFor(
      async () => (await world.store.users.find(userId))?.persona === null,
      'the user is written without a persona',
    );
  });

  it('does not count impressions', async () => {
    const userId = idOf('onlooker');
    const unknown = {
      value: null,
      sessionId: null,
      position: null,
      listId: null,
      device: null,
      locale: null,
    };
    const outcomes = await services.events.record(
      itemIds.map((itemId) => ({ ...unknown, userId, type: 'impression' as const, itemId, at: null })),
    );
    expect(outcomes).toHaveLength(itemIds.length);
    expect(await services.events.history(userId)).toHaveLength(itemIds.length);
    expect(await services.corrections.evidence(userId)).toMatchObject({ have: 0 });
    expect((await listOf(userId)).personaId).toBeNull();
  });

  it('is not asked for by a choice: a newcomer who chose gets the lists of that persona at once', async () => {
    const userId = idOf('chooser');
    const plain = await listOf(userId);
    const lists = new Map<string, string>();
    const personaIds = services.personas.personas().map(({ personaId }) => personaId);
    for (const personaId of personaIds) {
      const chosen = await services.corrections.correct(userId, personaId);
      expect(chosen).toMatchObject({ personaId, isChosen: true });
      const list = await listOf(userId);
      expect(list.personaId).toBe(personaId);
      expect(list.items.some(({ explanation }) => explanation.persona !== 0)).toBe(true);
      lists.set(personaId, JSON.stringify(list.items.map(({ itemId, score }) => [itemId, score])));
    }
    expect(new Set(lists.values()).size).toBe(personaIds.length);
    expect(await services.corrections.correct(userId, null)).toBeNull();
    const after = await listOf(userId);
    expect(after.personaId).toBeNull();
    expect(after.items.map(({ itemId }) => itemId)).toEqual(plain.items.map(({ itemId }) => itemId));
    expect(await personaOf(userId)).toBeNull();
  });

  it('compares the user with the persona and with everybody in plain units', async () => {
    const { rows } = await services.users.users({ first: 1, after: null });
    const { userId, persona } = rows[0];
    const features = await services.corrections.comparison(userId, persona!.personaId);
    const personas = services.personas.personas();
    const behaviour = new Map(
      (await services.corrections.behaviour(userId)).map(({ feature, value }) => [feature, value]),
    );
    expect(features.length).toBeGreaterThan(2);
    for (const row of features) {
      const nUsers = personas.reduce((sum, { size }) => sum + size, 0);
      const mean = personas.reduce((sum, one) => sum + one.centroid[row.feature] * one.size, 0) / nUsers;
      expect(row.everybody).toBeCloseTo(mean, 9);
      expect(row.persona).toBe(services.personas.persona(persona!.personaId)!.centroid[row.feature]);
      expect(row.user).toBeCloseTo(behaviour.get(row.feature)!, 3);
    }
    expect([...behaviour.keys()]).not.toContain('device');
  });
});

describe('a training', () => {
  it('leaves users with too few signals out of the personas, and takes away what an older version gave them', async () => {
    const { store, container, another } = await smallWorld({ nUsers: 60 });
    const userId = idOf('brief');
    const { rows } = await container.services.catalogue.items({ first: 3, after: null });
    await container.services.training.run('startup');
    for (const { itemId } of rows)
      await container.services.feedback.submit({ userId, itemId, value: 1, listId: null });
    await container.stop();
    // As a version that knew no minimum left it.
    const persona = { personaId: 'seeker', confidence: 1, since: 0, pending: null, modelVersion: 0 };
    await store.users.assignPersonas([{ userId, persona, eventCount: 3 }]);

    const next = another();
    await next.start();
    await next.services.training.run('admin');
    expect((await store.users.find(userId))?.persona).toBeNull();
    expect(await store.personaHistory.findByUser(userId, 9)).toEqual([]);
    const { personas } = (await store.models.find(2))!;
    expect(personas.reduce((sum, { size }) => sum + size, 0)).toBe(60);
    expect(await store.users.count()).toBe(61);
    const distinctive = personas.flatMap((one) => one.distinctive.map(({ feature }) => feature));
    expect(distinctive).not.toContain('device');
    await next.stop();
  });
});
