/** The daily check: once a day in the whole installation, and an early retrain only where that is wanted. */

import { describe, expect, it } from 'vitest';

import { createDriftJob } from '../../jobs/index.js';
import type { DriftReport, TrainingRun } from '../../server/domain/index.js';
import { AlreadyRunningError } from '../../server/domain/index.js';
import { NOON, DAY, HOUR, run } from '../contracts/samples.js';
import { SILENT } from '../support/small-world.js';

const report = (fields: Partial<DriftReport> = {}): DriftReport => ({
  ...{ modelVersion: 1, measuredAt: NOON, nUsers: 10, isDrifting: true, features: [], personas: [] },
  thresholds: { psi: 0.25, centroid: 0.5, share: 0.1 },
  ...fields,
});

function job(options: {
  check?: () => Promise<DriftReport | null>;
  latest?: TrainingRun;
  retrainAfterHours?: number | null;
}) {
  const triggers: string[] = [];
  const created = createDriftJob({
    drift: {
      isDue: () => Promise.resolve(true),
      check: options.check ?? (() => Promise.resolve(report())),
    },
    training: {
      run: (trigger) => {
        triggers.push(trigger);
        return Promise.resolve(run('a'));
      },
      runs: () => Promise.resolve(options.latest === undefined ? [] : [options.latest]),
    },
    retrainAfterHours: options.retrainAfterHours ?? null,
    ...{ schedule: '0 4 * * *', timeZone: 'UTC', clock: () => NOON, log: SILENT },
  });
  return { job: created, triggers };
}

describe('the drift job', () => {
  it('starts a retrain only where that is set, behaviour has drifted and the last run is long ago', async () => {
    const long = run('a', { startedAt: NOON - 2 * DAY });
    const short = run('a', { startedAt: NOON - HOUR });
    const calm = () => Promise.resolve(report({ isDrifting: false }));
    const cases = [
      [{ latest: long }, []],
      [{ latest: long, retrainAfterHours: 24 }, ['drift']],
      [{ latest: short, retrainAfterHours: 24 }, []],
      [{ latest: long, retrainAfterHours: 24, check: calm }, []],
      [{ latest: long, retrainAfterHours: 24, check: () => Promise.resolve(null) }, []],
    ] as const;
    for (const [options, expected] of cases) {
      const made = job(options);
      await made.job.run();
      expect(made.triggers).toEqual(expected);
    }
  });

  it('skips a check that another instance is running', async () => {
    const busy = () => Promise.reject(new AlreadyRunningError('drift', 'host-1', NOON));
    await expect(job({ check: busy }).job.run()).resolves.toBeUndefined();
    await expect(job({ check: () => Promise.reject(new Error('no')) }).job.run()).rejects.toThrow('no');
  });
});
