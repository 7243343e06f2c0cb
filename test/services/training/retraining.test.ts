/** The whole walk on a store in memory: what is published, what is held back, and what a stopped run leaves behind. */

import { beforeAll, describe, expect, it } from 'vitest';

import type { TrainingStage } from '../../../server/domain/index.js';
import { CorruptModelError, DatabaseUnavailableError } from '../../../server/domain/index.js';
import type { Store } from '../../../server/store/index.js';
import type { SmallWorld } from '../../support/small-world.js';
import { smallWorld } from '../../support/small-world.js';
import { waitFor } from '../../support/wait-for.js';

const DAY = 86_400_000;

describe('a retrain', () => {
  let world: SmallWorld;
  let store: Store;
  beforeAll(async () => {
    world = await smallWorld();
    ({ store } = world);
    await world.container.services.training.run('startup');
  });

  it('gives everybody a persona, a step in the history and the version the pointer', async () => {
    expect(await store.models.findActiveVersion()).toBe(1);
    const model = (await store.models.find(1))!;
    expect(model).toMatchObject({ status: 'active', parentVersion: null, comparison: [], reason: null });
    expect(model.reassignedAt).toBeGreaterThanOrEqual(model.activatedAt!);
    expect(Object.keys(model.timingsMs)).toEqual(
      expect.arrayContaining(['load', 'features', 'personas', 'fit', 'evaluate', 'publish', 'reassign']),
    );
    const { rows } = await store.users.list({ first: 100, after: null });
    expect(rows).toHaveLength(80);
    for (const { userId, persona, eventCount } of rows) {
      expect(persona?.modelVersion).toBe(1);
      expect(eventCount).toBeGreaterThan(0);
      expect(await store.personaHistory.findByUser(userId, 9)).toEqual([
        expect.objectContaining({ version: 1, personaId: persona!.personaId, at: model.activatedAt }),
      ]);
    }
  });

  it('is compared with the version before, keeps the labels, and tells how users moved', async () => {
    const { personas } = world.container.services;
    await personas.rename(personas.personas()[0].personaId, 'Regulars');
    const run = await world.container.services.training.run('admin');
    expect(run).toMatchObject({ state: 'succeeded', modelVersion: 2 });
    const model = (await store.models.find(2))!;
    expect(model).toMatchObject({ status: 'active', parentVersion: 1 });
    expect(model.comparisonBasis).toContain('version 1');
    expect(model.comparison.find(({ name }) => name === 'ndcg@10')).toMatchObject({ isWorse: false });
    expect(model.personas.map(({ label }) => label)).toContain('Regulars');
    const evolution = (await personas.evolution())!;
    expect(evolution).toMatchObject({ fromVersion: 1, toVersion: 2, nUsers: 80, nMoved: 0 });
    expect(evolution.changes.every(({ kind }) => kind === 'stable')).toBe(true);
    expect(await personas.evolution(1, 99)).toBeNull();
    expect((await store.drift.find())?.modelVersion).toBe(1);
  });

  it('holds a version back that is not good enough, tells why, and lets an admin decide', async () => {
    const strict = world.another({ guardTolerance: -1 });
    await strict.start();
    const run = await strict.services.training.run('schedule');
    const held = (await store.models.find(run.modelVersion!))!;
    expect(run.state).toBe('succeeded');
    expect(held.status).toBe('candidate');
    expect(held.reason).toContain('ndcg@10');
    expect(await store.models.findActiveVersion()).toBe(2);
    const alerts = await strict.services.alerts.alerts({ first: 9, isAcknowledged: false });
    expect(alerts).toContainEqual(
      expect.objectContaining({ kind: 'candidate-held', modelVersion: held.version, severity: 'warning' }),
    );

    expect((await strict.services.models.activate(held.version)).status).toBe('active');
    expect(strict.services.models.activeVersion()).toBe(held.version);
    await waitFor(
      async () => (await store.models.find(held.version))?.reassignedAt,
      'everybody is re-assigned',
    );
    const [first] = (await store.users.list({ first: 1, after: null })).rows;
    expect((await store.personaHistory.findByUser(first.userId, 1))[0].version).toBe(held.version);
    await strict.stop();
  });

  it('counts every flip, also for an instance that sees a version again it has served all the while', async () => {
    const { container, another } = await smallWorld({ nUsers: 40 });
    const { training, models, recommendations } = container.services;
    await training.run('startup');
    await training.run('admin');
    const other = another();
    await other.start();
    await models.activate(1);
    await models.activate(2);
    await other.services.models.activate(2);
    const revisionOn = async (services: Pick<typeof container.services, 'recommendations'>) =>
      (await services.recommendations.recommend({ userId: 'a'.repeat(64), first: 3 })).revision;
    expect(await revisionOn({ recommendations })).toBe(4);
    expect(await revisionOn(other.services)).toBe(4);
    await other.stop();
  });

  it('goes back to an earlier version without a retrain', async () => {
    const { models } = world.container.services;
    await models.activate(1);
    expect(await store.models.findActiveVersion()).toBe(1);
    await waitFor(async () => (await store.models.find(1))?.reassignedAt, 'everybody is re-assigned');
    expect((await store.models.find(2))?.status).toBe('retired');
  });
});

describe('a retrain that is stopped', () => {
  const stages = ['load', 'features', 'personas', 'fit', 'evaluate', 'publish'] as const;

  it.each(stages)('at %s leaves nothing behind', async (stage) => {
    const { store, container } = await smallWorld({ nUsers: 40 });
    const run = await stopAt(container, stage);
    expect(run.state).toBe('cancelled');
    expect(await store.models.list(9)).toEqual([]);
    for (const version of [1, 2]) expect((await store.models.getParts(version)).size).toBe(0);
    expect(await store.models.findActiveVersion()).toBeNull();
    expect(await store.leases.find('retrain')).toBeNull();
    expect(await store.alerts.list({ limit: 9 })).toEqual([]);
    expect(await usersWithPersona(store)).toBe(0);
  });

  it('at reassign goes on when the database has not answered for a moment', async () => {
    const { store, another } = await smallWorld({ nUsers: 40 });
    let nSilent = 2;
    const assignPersonas: Store['users']['assignPersonas'] = async (...args) => {
      if (nSilent-- > 0) throw new DatabaseUnavailableError();
      return store.users.assignPersonas(...args);
    };
    const unsteady = another({ store: { ...store, users: { ...store.users, assignPersonas } } });
    const run = await unsteady.services.training.run('startup');
    expect(run).toMatchObject({ state: 'succeeded', error: null });
    expect(nSilent).toBeLessThan(0);
    expect(await usersWithPersona(store)).toBe(40);
    await unsteady.stop();
  });

  it('at reassign keeps the version that serves already, and the next start makes up for the rest', async () => {
    const { store, container, another } = await smallWorld({ nUsers: 40 });
    const run = await stopAt(container, 'reassign');
    expect(run).toMatchObject({ state: 'cancelled', modelVersion: 1 });
    expect(await store.models.find(1)).toMatchObject({ status: 'active', reassignedAt: null });
    const next = another();
    await next.start();
    next.resume();
    await waitFor(async () => (await store.models.find(1))?.reassignedAt, 'everybody is re-assigned');
    expect(await usersWithPersona(store)).toBe(40);
    await next.stop();
  });
});

describe('what dead runs leave', () => {
  it('is cleaned up by the next run', async () => {
    const { store, container } = await smallWorld({ nUsers: 40 });
    await container.services.training.run('startup');
    const { version: _version, status: _status, ...model } = (await store.models.find(1))!;
    const building = await store.models.create(model);
    await store.models.putParts(building, [{ name: 'half', bytes: new Uint8Array(9) }]);
    const ready = await store.models.create(model);
    await store.models.seal(ready, 'ready');
    const run = await container.services.training.run('admin');
    expect((await store.models.list(9)).map(({ version }) => version)).toEqual([run.modelVersion, 1]);
    expect((await store.models.getParts(building)).size).toBe(0);
  });

  it('does not grow: old versions go, the active one and its parent stay', async () => {
    const { store, container } = await smallWorld({ nUsers: 40, keepVersions: 2 });
    const { training, models } = container.services;
    for (let n = 0; n < 3; n += 1) await training.run('admin');
    expect((await store.models.list(9)).map(({ version }) => version)).toEqual([3, 2]);
    await models.activate(2);
    await training.run('admin');
    await training.run('admin');
    expect((await store.models.list(9)).map(({ version }) => version)).toEqual([5, 4]);
    expect((await store.models.getParts(3)).size).toBe(0);
  });
});

describe('around a retrain', () => {
  it('somebody who was erased meanwhile does not come back', async () => {
    const { store, container } = await smallWorld({ nUsers: 40 });
    const [{ userId }] = (await store.users.list({ first: 1, after: null })).rows;
    await container.services.training.run('startup', ({ stage }) => {
      if (stage === 'evaluate') void store.users.delete(userId);
    });
    expect(await store.users.find(userId)).toBeNull();
    expect(await store.personaHistory.findByUser(userId, 9)).toEqual([]);
  });

  it('a part that cannot be read raises an alert, and the version before serves', async () => {
    const { store, container, another } = await smallWorld({ nUsers: 40 });
    await container.services.training.run('startup');
    await container.services.training.run('admin');
    const getParts = store.models.getParts.bind(store.models);
    const broken: Store = {
      ...store,
      models: {
        ...store.models,
        getParts: (version) =>
          version === 2
            ? Promise.reject(new CorruptModelError(2, 'personas/centroids', 'has a wrong checksum'))
            : getParts(version),
      },
    };
    const next = another({ store: broken });
    await next.start();
    expect(next.services.models.activeVersion()).toBe(1);
    expect(await store.alerts.find('model-corrupt-2')).toMatchObject({
      kind: 'model-corrupt',
      severity: 'critical',
      modelVersion: 2,
    });
    await expect(next.services.models.activate(2)).rejects.toBeInstanceOf(CorruptModelError);
  });

  it('drift is measured against the active version and raises one alert', async () => {
    let now = Date.now();
    const { store, container } = await smallWorld({ nUsers: 200, clock: () => now });
    expect(await container.drift.check()).toBeNull();
    await container.services.training.run('startup');
    expect(await container.drift.check()).toMatchObject({ modelVersion: 1, nUsers: 200, isDrifting: false });
    expect(await container.drift.isDue(now - DAY)).toBe(false);
    // Nobody comes for half a year: everybody's recency has moved.
    now += 180 * DAY;
    expect(await container.drift.isDue(now - DAY)).toBe(true);
    const report = (await container.drift.check())!;
    expect(await container.drift.isDue(now - DAY)).toBe(false);
    expect(report.isDrifting).toBe(true);
    expect(report.features.find(({ feature }) => feature === 'recencyDays')?.isDrifting).toBe(true);
    await container.drift.check();
    expect(await store.alerts.list({ limit: 9 })).toEqual([
      expect.objectContaining({ alertId: 'drift-1', kind: 'drift', modelVersion: 1 }),
    ]);
  });
});

/** Cancels the run when it reports this stage. */
function stopAt(container: SmallWorld['container'], wanted: TrainingStage) {
  const { training } = container.services;
  let isAsked = false;
  return training.run('admin', ({ runId, stage, state }) => {
    if (stage !== wanted || state !== 'running' || isAsked) return;
    isAsked = true;
    void training.cancel(runId);
  });
}

async function usersWithPersona(store: Store): Promise<number> {
  let count = 0;
  for await (const batch of store.users.streamPersonas()) {
    count += batch.filter(({ persona }) => persona !== null).length;
  }
  return count;
}
