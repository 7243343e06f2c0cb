/** What every store of alerts and drift reports must do. */

import { beforeEach, describe, expect, it } from 'vitest';

import type { Alert, DriftReport } from '../../server/domain/index.js';
import type { Store } from '../../server/store/index.js';

import { HOUR, NOON, type MakeStore } from './samples.js';

const alert = (alertId: string, fields: Partial<Alert> = {}): Alert => ({
  alertId,
  kind: 'drift',
  severity: 'warning',
  message: 'Behaviour has drifted.',
  at: NOON,
  modelVersion: 3,
  acknowledgedAt: null,
  acknowledgedBy: null,
  values: { 'psi/a.b': 0.3 },
  ...fields,
});

export function describeAlertRepository(name: string, makeStore: MakeStore): void {
  describe(`alerts in ${name}`, () => {
    let alerts: Store['alerts'];
    beforeEach(async () => {
      ({ alerts } = await makeStore());
    });

    it('keeps an alert once, whoever raises it again', async () => {
      const raised = await Promise.all([1, 2, 3].map(() => alerts.raise(alert('a'))));
      expect(raised.filter(Boolean)).toHaveLength(1);
      expect(await alerts.raise(alert('a', { message: 'another' }))).toBe(false);
      expect(await alerts.find('a')).toEqual(alert('a'));
      expect(await alerts.find('z')).toBeNull();
    });

    it('lists the newest first: all, the open ones, or the acknowledged ones', async () => {
      for (const [index, id] of ['a', 'b', 'c'].entries())
        await alerts.raise(alert(id, { at: NOON + index, modelVersion: null, values: {} }));
      await alerts.acknowledge('b', 'admin', NOON + HOUR);
      const ids = async (options: { limit: number; isAcknowledged?: boolean }) =>
        (await alerts.list(options)).map((row) => row.alertId);
      expect(await ids({ limit: 2 })).toEqual(['c', 'b']);
      expect(await ids({ limit: 9, isAcknowledged: false })).toEqual(['c', 'a']);
      expect(await ids({ limit: 9, isAcknowledged: true })).toEqual(['b']);
    });

    it('lets the first acknowledgement stand', async () => {
      await alerts.raise(alert('a'));
      const acknowledged = alert('a', { acknowledgedAt: NOON + HOUR, acknowledgedBy: 'admin' });
      expect(await alerts.acknowledge('a', 'admin', NOON + HOUR)).toEqual(acknowledged);
      expect(await alerts.acknowledge('a', 'somebody else', NOON + 2 * HOUR)).toEqual(acknowledged);
      expect(await alerts.acknowledge('z', 'admin', NOON)).toBeNull();
    });

    it('tells watchers what is raised, and not what is acknowledged', async () => {
      const stop = new AbortController();
      const seen: string[] = [];
      const watching = (async () => {
        for await (const id of alerts.watch({ signal: stop.signal })!) {
          seen.push(id);
          if (id === 'last') stop.abort();
        }
      })();
      // Again and again until the watcher is listening.
      for (let n = 0; seen.length === 0; n += 1) {
        await alerts.raise(alert(`a${n}`));
        await alerts.acknowledge(`a${n}`, 'admin', NOON);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await alerts.raise(alert('last'));
      await watching;
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen.at(-1)).toBe('last');
    });
  });
}

export function describeDriftRepository(name: string, makeStore: MakeStore): void {
  describe(`the drift report in ${name}`, () => {
    it('is the newest one', async () => {
      const { drift } = await makeStore();
      expect(await drift.find()).toBeNull();
      const report = (measuredAt: number): DriftReport => ({
        modelVersion: 3,
        measuredAt,
        nUsers: 10,
        isDrifting: true,
        features: [{ feature: 'clickRate', psi: 0.3, isDrifting: true }],
        personas: [],
        thresholds: { psi: 0.25, centroid: 0.5, share: 0.1 },
      });
      await drift.replace(report(NOON));
      await drift.replace(report(NOON + HOUR));
      expect(await drift.find()).toEqual(report(NOON + HOUR));
    });
  });
}
