/** Alerts and the drift report in memory. */

import type { Alert, AlertThresholds, DriftReport } from '../../domain/index.js';
import type { AlertRepository, DriftRepository, ThresholdRepository } from '../repositories.js';

import { Broadcast } from './broadcast.js';
import { Table } from './table.js';

export function createAlerts(): AlertRepository {
  const alerts = new Table<Alert>();
  const raised = new Broadcast<string>();
  return {
    async raise(alert) {
      if (alerts.has(alert.alertId)) return false;
      alerts.set(alert.alertId, alert);
      raised.send(alert.alertId);
      return true;
    },
    find: async (alertId) => alerts.get(alertId),
    list: async ({ limit, isAcknowledged }) =>
      alerts
        .all()
        .filter((alert) => isAcknowledged === undefined || (alert.acknowledgedAt !== null) === isAcknowledged)
        .sort((left, right) => right.at - left.at)
        .slice(0, limit),
    async acknowledge(alertId, by, at) {
      const alert = alerts.get(alertId);
      if (alert === null || alert.acknowledgedAt !== null) return alert;
      const acknowledged = { ...alert, acknowledgedAt: at, acknowledgedBy: by };
      alerts.set(alertId, acknowledged);
      return acknowledged;
    },
    watch: ({ signal }) => raised.listen(signal),
  };
}

export function createDrift(): DriftRepository {
  let latest: DriftReport | null = null;
  return {
    async replace(report) {
      latest = structuredClone(report);
    },
    find: async () => structuredClone(latest),
  };
}

export function createThresholds(): ThresholdRepository {
  let stored: Partial<AlertThresholds> = {};
  return {
    find: async () => stored,
    async change(change) {
      const merged = Object.entries({ ...stored, ...change }).filter(([, value]) => value != null);
      stored = Object.fromEntries(merged);
    },
  };
}
