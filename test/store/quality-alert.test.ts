/** The alert on falling quality, from counters in the database to an open alert in it. */

import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';

import type { AlertThresholds } from '../../server/domain/index.js';
import { createEventBus } from '../../server/events/index.js';
import { AlertService } from '../../server/services/models/alert.service.js';
import type { ServingModel } from '../../server/services/models/serving-model.js';
import { HIT_RATE_LOSS, checkQuality } from '../../server/services/training/quality.js';
import type { Store } from '../../server/store/index.js';
import { createMongoStore } from '../../server/store/mongo/index.js';
import { DAY, NOON } from '../contracts/samples.js';
import { freshDatabase } from '../support/database.js';
import { SILENT } from '../support/small-world.js';

const MIDNIGHT = NOON - DAY / 2;

describe('the alert on falling quality', () => {
  let store: Store;
  let alerts: AlertService;
  let thresholds: AlertThresholds;

  beforeEach(async () => {
    thresholds = { psi: 1, centroid: 1, share: 1, guardTolerance: 1, hitRateLoss: HIT_RATE_LOSS };
    store = await createMongoStore({ uri: freshDatabase(inject('mongoUri')) });
    alerts = new AlertService({ store, bus: createEventBus(), clock: () => NOON, log: SILENT });
  });
  afterEach(() => store.close());

  /** Half of the thumbs of a day under one persona, half under another, as live counting keeps them. */
  const judge = (version: number, hits: number, misses: number, at = MIDNIGHT) =>
    store.metrics.increment(
      ['seeker', 'buyer'].map((persona) => ({
        ...{ grain: 'day' as const, at, persona },
        counters: { [`hits@${version}`]: hits / 2, [`misses@${version}`]: misses / 2 },
      })),
    );
  const check = async (version: number, parentVersion: number | null) => {
    await checkQuality({ store, alerts, clock: () => NOON, thresholds: async () => thresholds }, {
      version,
      meta: { parentVersion },
    } as ServingModel);
    return await alerts.alerts({ first: 10 });
  };

  it('is raised beyond the threshold that administrators set', async () => {
    await judge(1, 240, 160, MIDNIGHT - 3 * DAY);
    await judge(2, 120, 280);
    thresholds = { ...thresholds, hitRateLoss: 0.6 };
    expect(await check(2, 1)).toEqual([]);
    thresholds = { ...thresholds, hitRateLoss: 0.4 };
    expect(await check(2, 1)).toHaveLength(1);
  });

  it('is raised once when the lists of a version are clearly hit less often than those of its parent', async () => {
    await judge(1, 240, 160, MIDNIGHT - 3 * DAY);
    await judge(2, 100, 200);
    await judge(2, 20, 80, MIDNIGHT - DAY);
    const raised = await check(2, 1);
    expect(raised).toMatchObject([
      { kind: 'quality', severity: 'warning', modelVersion: 2, at: NOON, acknowledgedAt: null },
    ]);
    expect(raised[0].message).toContain('Version 2');
    expect(raised[0].values).toEqual({ hitRate: 0.3, 'hitRate before': 0.6, thumbs: 400 });
    await alerts.acknowledge(raised[0].alertId, 'admin');
    await judge(2, 0, 100);
    expect(await check(2, 1)).toMatchObject([{ acknowledgedBy: 'admin' }]);
  });

  it.each([
    { why: 'the difference may be chance', now: [130, 130], before: [140, 120] },
    { why: 'too few thumbs were judged', now: [20, 170], before: [240, 160] },
    { why: 'the lists are hit more often', now: [240, 160], before: [120, 280] },
  ])('stays away when $why', async ({ now, before }) => {
    await judge(1, before[0], before[1], MIDNIGHT - DAY);
    await judge(2, now[0], now[1]);
    expect(await check(2, 1)).toEqual([]);
  });

  it('looks at five weeks and no further back, and needs a parent', async () => {
    await judge(1, 240, 160, MIDNIGHT - 36 * DAY);
    await judge(2, 40, 360);
    expect(await check(2, 1)).toEqual([]);
    expect(await check(2, null)).toEqual([]);
  });
});
