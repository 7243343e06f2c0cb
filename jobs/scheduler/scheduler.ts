/**
 * The node-cron adapter: starts jobs on schedule, at most a single run of each at a time, until closed.
 *
 * Missed runs are caught up at the start and every few minutes, because the machine may have slept or its clock may
 * have been put forward. A run starts when its slot is due, not when a timer fires, so putting the clock back runs no
 * job twice.
 */

import { schedule, validate } from 'node-cron';

import type { Logger } from '../../server/domain/index.js';
import type { Job } from '../tasks/index.js';

import { lastSlot } from './slots.js';

const CATCH_UP_EVERY_MS = 5 * 60_000;

export interface Scheduler {
  /** Runs all due jobs; also called automatically at the start and every few minutes. Never rejects. */
  catchUp(): Promise<void>;
  close(): Promise<void>;
}

export interface SchedulerOptions {
  readonly log: Logger;
  readonly clock?: () => number;
}

/** True for five cron fields, or a name such as @daily. */
export function isSchedule(expression: string): boolean {
  return validate(expression) && expression.trim().split(/\s+/).length <= 5;
}

export function startScheduler(jobs: readonly Job[], { log, clock = Date.now }: SchedulerOptions): Scheduler {
  const running = new Map<string, Promise<void>>();
  const attempt = (job: Job): Promise<void> => {
    const known = running.get(job.name);
    if (known !== undefined) return known;
    const run = runIfDue(job, clock())
      .catch((error: unknown) => log.error({ err: error, job: job.name }, 'a scheduled job failed'))
      .finally(() => running.delete(job.name));
    running.set(job.name, run);
    return run;
  };
  const catchUp = async () => {
    await Promise.all(jobs.map(attempt));
  };
  const tasks = jobs.map((job) =>
    schedule(job.schedule, () => attempt(job), { name: job.name, timezone: job.timeZone }),
  );
  const catchingUp = setInterval(() => void catchUp(), CATCH_UP_EVERY_MS);
  void catchUp();
  return {
    catchUp,
    async close() {
      clearInterval(catchingUp);
      await Promise.all(tasks.map((task) => task.destroy()));
    },
  };
}

async function runIfDue(job: Job, now: number): Promise<void> {
  const slot = lastSlot(job.schedule, job.timeZone, now);
  if (slot !== null && (await job.isDue(slot))) await job.run();
}
