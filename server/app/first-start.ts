/**
 * Stages of a start before the server is ready: simulated data, a first model, the dashboards' counters. Each completed
 * stage is recorded, so that the next start repeats an interrupted stage. Instances that start concurrently on the same
 * database coordinate by leases.
 */

import { AlreadyRunningError } from '../domain/index.js';
import type { HeldLease } from '../services/training/index.js';
import { waitForLease } from '../services/training/index.js';

import type { Application } from './application.js';
import type { Progress } from './progress.js';
import { reportTraining } from './training-progress.js';

const FILL_JOB = 'fill';
const COUNT_JOB = 'count';

/** Starts the progress of a stage. */
export type ReportStage = (title: string) => Progress;

/** Simulates users in an empty installation, unless disabled, and repeats an interrupted simulation. */
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
    // A concurrent instance may have done it during the wait.
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
 * Trains a first model if there are data and no active model. It waits for a training on a different instance only while
 * no model is active; an empty installation has no model until its first import.
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
      // Imported data must not be followed by a simulation, and their counters need the personas.
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

/** Null if a different instance is already training. */
async function runTraining({ training }: Application['container'], report: ReportStage) {
  try {
    return await reportTraining((onProgress) => training.run('startup', onProgress), report('Training'));
  } catch (error) {
    if (error instanceof AlreadyRunningError) return null;
    throw error;
  }
}

/**
 * Counts the events before the first model, under the personas of that model. While a different instance holds the
 * lease, even if it has died, this instance serves and waits for the lease in the background.
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
  // An installation older than these marks has counted before it served.
  if (filledAt === null) return store.dataset.update({ filledAt: clock(), countedAt: clock() });
  const job = { store, job: COUNT_JOB, owner, clock, log, signal, isGone };
  const holder = await store.leases.find(COUNT_JOB);
  const counting = waitForLease(job).then((lease) => countUnder(lease, application, report, signal));
  if (holder === null || isGone?.(holder.owner)) return counting;
  counting.catch((error: unknown) => {
    if (!signal.aborted)
      log.warn({ err: error }, 'counting for the dashboards failed; the next start repeats it');
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
    // Complete the re-assignment of an interrupted training first, since counters are by persona.
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
