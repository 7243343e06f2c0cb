/** The daily job: measures drift of users and of list quality since the active version was trained. */

import type { Logger } from '../../server/domain/index.js';
import { AlreadyRunningError, HOUR_MS } from '../../server/domain/index.js';
import type { DriftPort, TrainingPort } from '../../server/services/index.js';

import type { Job } from './job.js';

interface DriftJobOptions {
  readonly drift: Pick<DriftPort, 'check' | 'isDue'>;
  readonly training: Pick<TrainingPort, 'run' | 'runs'>;
  readonly schedule: string;
  readonly timeZone: string;
  /** Minimum hours between the start of the latest run and a run started by drift; null disables such runs. */
  readonly retrainAfterHours: number | null;
  readonly clock: () => number;
  readonly log: Logger;
}

export function createDriftJob(options: DriftJobOptions): Job {
  const { drift, schedule, timeZone, log } = options;
  return {
    name: 'drift',
    schedule,
    timeZone,
    isDue: (slot) => drift.isDue(slot),
    async run() {
      try {
        const report = await drift.check();
        if (report === null) return;
        log.info({ modelVersion: report.modelVersion, isDrifting: report.isDrifting }, 'drift was measured');
        if (report.isDrifting && (await isRested(options))) await options.training.run('drift');
      } catch (error) {
        if (!(error instanceof AlreadyRunningError)) throw error;
        log.info({ owner: error.owner, job: error.job }, 'lease held by another instance, skipping');
      }
    },
  };
}

/** Rate limit: drift that a retrain does not remove must not start retrains in a row. */
async function isRested({ training, retrainAfterHours, clock }: DriftJobOptions): Promise<boolean> {
  if (retrainAfterHours === null) return false;
  const [latest] = await training.runs(1);
  return latest === undefined || latest.startedAt <= clock() - retrainAfterHours * HOUR_MS;
}
