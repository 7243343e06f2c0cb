/**
 * What a start makes up for before it serves: simulated data, a first model, the dashboards' counters. Each stage leaves a
 * mark when it is done, so that one that was cut off is done again by the next start. Instances that start together on
 * one database share the work by leases.
 */

import { AlreadyRunningError } from '../domain/index.js';
import type { HeldLease } from '../services/training/index.js';
import { waitForLease } from '../services/training/index.js';

import type { Application } from './application.js';
import type { Progress } from './progress.js';
import { reportTraining } from './training-progress.js';

const FILL_JOB = 'fill';
const COUNT_JOB = 'count';

/** Opens the progress of one stage. */
export type ReportStage = (title: string) => Progress;

/** Simulated users for an empty installation, unless the settings want none, and for one whose simulation was cut off. */
export async function fill(
  { container, store, settings, log, truthPath }: Application,
  report: ReportStage,
  signal: AbortSignal,
): Promise<void> {
  const { synthesis, clock, isGone, instanceId: owner } = container;
  const { seedUsers: nUsers } = settings;
  const isDue = async () => {
    const state = await synthesis.state();
    return state === 'cut off' || (state === 'empty' && nUsers > 0);
  };
  if (!(await isDue())) return;
  const lease = await waitForLease({ store, job: FILL_JOB, owner, clock, log, signal, isGone });
  try {
    // Another instance may have done it meanwhile.
    if (!(await isDue())) return;
    if ((await synthesis.state()) === 'cut off') {
      log.warn({}, 'an earlier first start was interrupted; its simulated data are deleted');
      await synthesis.wipe();
    }
    if (nUsers === 0) return;
    const progress = report('Simulating behaviour');
    const done = await synthesis.run({
      ...{ nUsers, truthPath, signal: AbortSignal.any([signal, lease.signal]) },
      onProgress: (fraction, detail) => progress.update(fraction, detail),
    });
    progress.done(`${done.nUsers.toLocaleString('en')} users, ${done.nEvents.toLocaleString('en')} events`);
  } finally {
    await lease.release();
  }
}

/**
 * A first model where there are data and no active model. Waits for a training elsewhere only while nothing can be served;
 * an empty installation waits for its first import.
 */
export async function train(
  { container, store, log }: Application,
  report: ReportStage,
  signal: AbortSignal,
): Promise<void> {
  const { training, models, clock } = container;
  const onAbort = () => void training.close();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    while (models.activeVersion() === null && (await store.profiles.count()) > 0) {
      await training.whenIdle(signal);
      await models.loadActive();
      if (models.activeVersion() !== null) break;
      // Data that came by another way are never simulated again, and their counters wait for the personas.
      if ((await store.dataset.get()).filledAt === null) await store.dataset.update({ filledAt: clock() });
      const run = await runTraining(container, report);
      signal.throwIfAborted();
      if (run === null) continue;
      if (run.state === 'failed')
        log.error({ reason: run.error }, 'the first training failed; import more data and retrain');
      break;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Null when another instance was faster. */
async function runTraining({ training }: Application['container'], report: ReportStage) {
  try {
    return await reportTraining((onProgress) => training.run('startup', onProgress), report('Training'));
  } catch (error) {
    if (error instanceof AlreadyRunningError) return null;
    throw error;
  }
}

/**
 * The counters of the time before the first model, under the personas that it gave. While another instance counts, or has
 * died over it, this one serves and looks again in the background.
 */
export async function count(
  application: Application,
  report: ReportStage,
  signal: AbortSignal,
): Promise<void> {
  const { container, store, log } = application;
  const { models, clock, isGone, instanceId: owner } = container;
  const { filledAt, countedAt } = await store.dataset.get();
  if (models.activeVersion() === null || countedAt !== null) return;
  // An installation older than the marks: it counted before it served.
  if (filledAt === null) return store.dataset.update({ filledAt: clock(), countedAt: clock() });
  const job = { store, job: COUNT_JOB, owner, clock, log, signal, isGone };
  const holder = await store.leases.find(COUNT_JOB);
  const counting = waitForLease(job).then((lease) => countUnder(lease, application, report, signal));
  if (holder === null || isGone?.(holder.owner)) return counting;
  counting.catch((error: unknown) => {
    if (!signal.aborted) log.warn({ err: error }, 'the counters are not made; the next start does it');
  });
}

async function countUnder(
  lease: HeldLease,
  { container, store }: Application,
  report: ReportStage,
  signal: AbortSignal,
): Promise<void> {
  const { models, rebuilder, reassignment, clock } = container;
  try {
    if ((await store.dataset.get()).countedAt !== null) return;
    const progress = report('Counting for the dashboards');
    // Users whom a training that was cut off has not reached get their persona first.
    const version = models.activeVersion();
    if (version !== null && (await store.models.find(version))?.reassignedAt === null)
      await reassignment.settled();
    const total = await store.users.count();
    await rebuilder.rebuildMetrics(
      (nUsers) => progress.update(nUsers / total, `${nUsers.toLocaleString('en')} users`),
      AbortSignal.any([signal, lease.signal]),
    );
    await store.dataset.update({ countedAt: clock() });
    progress.done();
  } finally {
    await lease.release();
  }
}
