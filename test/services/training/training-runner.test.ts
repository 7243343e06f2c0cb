/** One run at a time, visible, and stoppable. */

import { afterEach, describe, expect, it } from 'vitest';

import type { ModelVersion } from '../../../server/domain/index.js';
import { AlreadyRunningError, InsufficientDataError } from '../../../server/domain/index.js';
import { createEventBus } from '../../../server/events/index.js';
import { AlertService } from '../../../server/services/models/index.js';
import { TrainingService } from '../../../server/services/training/index.js';
import type { Store } from '../../../server/store/index.js';
import { createMemoryStore } from '../../../server/store/memory/index.js';
import { NOON, profile, run as runRow } from '../../contracts/samples.js';
import { SILENT } from '../../support/small-world.js';
import { waitFor } from '../../support/wait-for.js';

type Retrain = ConstructorParameters<typeof TrainingService>[0]['retrain'];

const DONE = { version: 7 } as ModelVersion;
/** Runs until it is stopped. */
const endless: Retrain = ({ signal, report }) =>
  new Promise((_resolve, reject) => {
    report('fit', 0.5);
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });

const runners: TrainingService[] = [];

function runnerOn(store: Store, retrain: Retrain, instanceId = 'host-1', clock = Date.now): TrainingService {
  const bus = createEventBus();
  const alerts = new AlertService({ store, bus, clock, log: SILENT });
  let ids = 0;
  const runner = new TrainingService({
    ...{ store, retrain, alerts, bus, instanceId, clock, log: SILENT },
    createId: () => `${instanceId}-run-${++ids}`,
  });
  runners.push(runner);
  return runner;
}

afterEach(() => Promise.all(runners.splice(0).map((runner) => runner.close())));

describe('a training run', () => {
  it('is one of twenty that are asked for at once; the others are told who runs it and since when', async () => {
    const store = createMemoryStore();
    const starters = Array.from({ length: 20 }, (_, n) => runnerOn(store, endless, `host-${n}`));
    const outcomes = await Promise.allSettled(starters.map((runner) => runner.start('admin')));
    const started = outcomes.flatMap((row) => (row.status === 'fulfilled' ? [row.value] : []));
    const refused = outcomes.flatMap((row) => (row.status === 'rejected' ? [row.reason as unknown] : []));
    expect(started).toHaveLength(1);
    expect(refused).toHaveLength(19);
    for (const reason of refused) {
      expect(reason).toBeInstanceOf(AlreadyRunningError);
      const { owner, since, message } = reason as AlreadyRunningError;
      expect(owner).toBe(started[0].host);
      expect(Math.abs(since - started[0].startedAt)).toBeLessThan(60_000);
      expect(message).toContain(new Date(since).toISOString());
    }
    expect(await store.runs.list('retrain', 30)).toHaveLength(1);
  });

  it('shows progress that never falls, and its end', async () => {
    const store = createMemoryStore();
    const runner = runnerOn(store, ({ report }) => {
      for (const stage of ['load', 'features', 'personas', 'fit', 'evaluate', 'publish', 'reassign'] as const)
        for (const fraction of [0, 0.5, 1]) report(stage, fraction);
      report('load', 0.2);
      return Promise.resolve(DONE);
    });
    const seen: number[] = [];
    const ended = await runner.run('command', ({ progress }) => seen.push(progress));
    expect(seen.length).toBeGreaterThan(20);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(ended).toMatchObject({ state: 'succeeded', progress: 1, remainingMs: 0, modelVersion: 7 });
    expect(await store.runs.find(ended.runId)).toEqual(ended);
    expect(await store.leases.find('retrain')).toBeNull();
    expect(runner.currentRun()).toBeNull();
  });

  it('is stopped by its id alone, and lets go of the lease', async () => {
    const store = createMemoryStore();
    const runner = runnerOn(store, endless);
    const { runId } = await runner.start('admin');
    expect(await runner.cancel('another')).toBe(false);
    expect(await runner.cancel(runId)).toBe(true);
    expect(await runner.findRun(runId)).toMatchObject({ state: 'cancelled', remainingMs: null });
    expect(await store.leases.find('retrain')).toBeNull();
    expect(await runner.cancel(runId)).toBe(false);
    await runner.start('admin');
  });

  it('is stopped from another instance', async () => {
    const store = createMemoryStore();
    const retrain: Retrain = (context) => {
      const steps = setInterval(() => context.report('fit', 0.5), 5);
      return endless(context).finally(() => clearInterval(steps));
    };
    const [one, two] = [runnerOn(store, retrain, 'host-1', ticking()), runnerOn(store, endless, 'host-2')];
    const { runId } = await one.start('schedule');
    expect(await two.cancel(runId)).toBe(true);
    expect(one.currentRun()).toBeNull();
  });

  it('that fails raises an alert with the reason', async () => {
    const store = createMemoryStore();
    const runner = runnerOn(store, () => Promise.reject(new InsufficientDataError('There are no users.')));
    expect(await runner.run('schedule')).toMatchObject({ state: 'failed', error: 'There are no users.' });
    const [alert] = await store.alerts.list({ limit: 9 });
    expect(alert).toMatchObject({ kind: 'training-failed', acknowledgedAt: null });
    expect(alert.message).toContain('There are no users.');
  });

  it('that is stopped raises none, and says whether a version was kept', async () => {
    const store = createMemoryStore();
    const runner = runnerOn(store, (context) => {
      context.published(9);
      return endless(context);
    });
    const { runId } = await runner.start('admin');
    await waitFor(() => runner.currentRun()?.modelVersion, 'the version');
    await runner.cancel(runId);
    const ended = await store.runs.find(runId);
    expect(ended).toMatchObject({ state: 'cancelled', modelVersion: 9 });
    expect(ended?.error).toContain('version 9 is kept');
    expect(await store.alerts.list({ limit: 9 })).toEqual([]);
  });

  it('is marked as interrupted when its instance stops, or died and another looks', async () => {
    const store = createMemoryStore();
    const runner = runnerOn(store, endless);
    const { runId } = await runner.start('schedule');
    await runner.close();
    expect(await store.runs.find(runId)).toMatchObject({ state: 'interrupted' });

    await store.runs.replace(runRow('dead'));
    const next = runnerOn(store, endless, 'host-2');
    await next.recover();
    expect(await store.runs.find('dead')).toMatchObject({ state: 'interrupted', remainingMs: null });
    expect(await store.leases.find('retrain')).toBeNull();
  });

  it('is due when none has begun since that counts, and there is somebody to learn from', async () => {
    const store = createMemoryStore();
    const runner = runnerOn(store, endless);
    expect(await runner.isDue(NOON)).toBe(false);
    await store.profiles.replaceMany([{ profile: profile('a', 1), expectedRevision: 0 }]);
    expect(await runner.isDue(NOON)).toBe(true);
    await store.runs.replace(runRow('old', { state: 'succeeded', startedAt: NOON - 1 }));
    expect(await runner.isDue(NOON)).toBe(true);
    await store.runs.replace(runRow('cut off', { state: 'interrupted', startedAt: NOON + 1 }));
    expect(await runner.isDue(NOON)).toBe(true);
    await store.runs.replace(runRow('failed', { state: 'failed', startedAt: NOON }));
    expect(await runner.isDue(NOON)).toBe(false);
  });

  it('leaves a run of another instance that is alive alone', async () => {
    const store = createMemoryStore();
    const [one, two] = [runnerOn(store, endless, 'host-1'), runnerOn(store, endless, 'host-2')];
    const { runId } = await one.start('schedule');
    await expect(two.start('admin')).rejects.toBeInstanceOf(AlreadyRunningError);
    expect(await store.runs.find(runId)).toMatchObject({ state: 'running' });
  });
});

/** A clock that runs fast, so that progress is stored at every step. */
function ticking(): () => number {
  const start = Date.now();
  let ticks = 0;
  return () => start + ++ticks * 20;
}
