/** Migrates the stored data to the version of this release, before the server reads them. */

import { waitForLease } from '../services/training/index.js';
import { DATA_VERSION, requireKnownVersion } from '../store/index.js';

import type { Application } from './application.js';
import type { ReportStage } from './first-start.js';

const JOB = 'migrate';

/**
 * Each migration is stamped when it is complete, so an interrupted start repeats the interrupted migration only. Of
 * instances that start together, one migrates and the others wait for its lease.
 */
export async function migrate(
  { container, store, log }: Pick<Application, 'container' | 'store' | 'log'>,
  report: ReportStage,
  signal: AbortSignal,
): Promise<void> {
  const { clock, isGone, instanceId: owner } = container;
  const { migrations } = store;
  const storedVersion = async () => (await migrations.storedVersion()) ?? DATA_VERSION;
  if ((await storedVersion()) === DATA_VERSION) return;
  const lease = await waitForLease({ store, job: JOB, owner, clock, log, signal, isGone });
  try {
    // Another instance may have migrated during the wait.
    const from = await storedVersion();
    requireKnownVersion(from);
    for (const { version, name } of migrations.pending(from)) {
      const progress = report('Migrating stored data');
      await migrations.run(version, {
        signal: AbortSignal.any([signal, lease.signal]),
        onProgress: (fraction) => progress.update(fraction, name),
      });
      await migrations.stamp(version);
      progress.done(`version ${version}: ${name}`);
    }
  } finally {
    await lease.release();
  }
}
