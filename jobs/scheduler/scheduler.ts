/** The node-cron adapter: starts jobs at their times, one run of each at a time, and lets go of them on close. */

import { schedule, validate } from 'node-cron';

import type { Logger } from '../../server/domain/index.js';
import type { Job } from '../tasks/index.js';

export interface Scheduler {
  close(): Promise<void>;
}

/** True for five or six cron fields, or a name such as @daily. */
export function isSchedule(expression: string): boolean {
  return validate(expression);
}

export function startScheduler(jobs: readonly Job[], log: Logger): Scheduler {
  const tasks = jobs.map((job) =>
    schedule(
      job.schedule,
      () =>
        job
          .run()
          .catch((error: unknown) => log.error({ err: error, job: job.name }, 'a scheduled job failed')),
      { name: job.name, timezone: job.timeZone, noOverlap: true },
    ),
  );
  return {
    async close() {
      await Promise.all(tasks.map((task) => task.destroy()));
    },
  };
}
