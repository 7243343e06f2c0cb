/** The daily job: do users still behave like those the active version was trained on, and are its lists still hit? */

import type { Logger } from '../../server/domain/index.js';
import { AlreadyRunningError, HOUR_MS } from '../../server/domain/index.js';
import type { DriftPort, TrainingPort } from '../../server/services/index.js';

import type { Job } from './job.js';

export interface DriftJobOptions {
  readonly drift: Pick<DriftPort, 'check' | 'isDue'>;
  readonly training: Pick<TrainingPort, 'run' | 'runs'>;
  readonly schedule: string;
  readonly timeZone: string;
  /** Hours after the start of the latest run before drift may start one; null: it never does. */
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
        log.info({ owner: error.owner, job: error.job }, 'another instance is at it');
      }
    },
  };
}

/** Drift that a retrain does not cure must not start one after another. */
async function isRested({ training, retrainAfterHours, clock }: DriftJobOptions): Promise<boolean> {
  if (retrainAfterHours === null) return false;
  const [latest] = await training.runs(1);
  return latest === undefined || latest.startedAt <= clock() - retrainAfterHours * HOUR_MS;
}
