/** The weekly job: clusters and trains a new version. The use case's lease allows a single run among all instances. */

import type { Logger } from '../../server/domain/index.js';
import { AlreadyRunningError } from '../../server/domain/index.js';
import type { TrainingPort } from '../../server/services/index.js';

import type { Job } from './job.js';

interface RetrainJobOptions {
  readonly training: Pick<TrainingPort, 'run' | 'isDue'>;
  readonly schedule: string;
  readonly timeZone: string;
  readonly log: Logger;
}

export function createRetrainJob({ training, schedule, timeZone, log }: RetrainJobOptions): Job {
  return {
    name: 'retrain',
    schedule,
    timeZone,
    isDue: (slot) => training.isDue(slot),
    async run() {
      try {
        const run = await training.run('schedule');
        log.info({ state: run.state, modelVersion: run.modelVersion }, 'the scheduled retrain has ended');
      } catch (error) {
        // The job fires on every instance; the lease admits the first.
        if (!(error instanceof AlreadyRunningError)) throw error;
        log.info({ owner: error.owner }, 'lease held by another instance, skipping the scheduled retrain');
      }
    },
  };
}
