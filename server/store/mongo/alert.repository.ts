/** Alerts, their thresholds and the drift report in MongoDB. */

import { type Connection, Schema } from 'mongoose';

import type { Alert, AlertThresholds, DriftReport } from '../../domain/index.js';
import type { AlertRepository, DriftRepository, ThresholdRepository } from '../repositories.js';

import { changes } from './change-stream.js';
import { isDuplicateKey } from './errors.js';

interface AlertDocument extends Omit<Alert, 'alertId'> {
  _id: string;
}

interface DriftDocument extends DriftReport {
  _id: string;
}

const LATEST = 'latest';

const alertSchema = new Schema<AlertDocument>(
  {
    _id: { type: String, required: true },
    kind: { type: String, required: true },
    severity: { type: String, required: true },
    message: String,
    at: Number,
    modelVersion: Number,
    acknowledgedAt: Number,
    acknowledgedBy: String,
    values: Schema.Types.Mixed,
  },
  { collection: 'alerts', versionKey: false, autoIndex: false, minimize: false },
);
alertSchema.index({ at: -1 });

const driftSchema = new Schema<DriftDocument>(
  {
    _id: { type: String, required: true },
    modelVersion: Number,
    measuredAt: Number,
    nUsers: Number,
    isDrifting: Boolean,
    features: [Schema.Types.Mixed],
    personas: [Schema.Types.Mixed],
    thresholds: Schema.Types.Mixed,
  },
  { collection: 'drift', versionKey: false, autoIndex: false },
);

const thresholdSchema = new Schema<Partial<AlertThresholds> & { _id: string }>(
  {
    _id: { type: String, required: true },
    psi: Number,
    centroid: Number,
    share: Number,
    guardTolerance: Number,
    hitRateLoss: Number,
  },
  { collection: 'thresholds', versionKey: false, autoIndex: false },
);

export function createAlertRepository(connection: Connection, hasChangeStreams: boolean): AlertRepository {
  const model = connection.model('Alert', alertSchema);
  return {
    async raise({ alertId, ...rest }) {
      try {
        await model.collection.insertOne({ _id: alertId, ...rest } as never);
        return true;
      } catch (error) {
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    },
    async find(alertId) {
      const found = await model.findById(alertId).lean();
      return found === null ? null : toAlert(found);
    },
    async list({ limit, isAcknowledged }) {
      const filter =
        isAcknowledged === undefined ? {} : { acknowledgedAt: isAcknowledged ? { $ne: null } : null };
      return (await model.find(filter).sort({ at: -1 }).limit(limit).lean()).map(toAlert);
    },
    async acknowledge(alertId, by, at) {
      const acknowledgement = { $set: { acknowledgedAt: at, acknowledgedBy: by } };
      await model.updateOne({ _id: alertId, acknowledgedAt: null }, acknowledgement);
      const found = await model.findById(alertId).lean();
      return found === null ? null : toAlert(found);
    },
    watch: ({ signal }) =>
      hasChangeStreams
        ? changes({
            connection,
            collection: 'alerts',
            signal,
            read: (document) => (document as AlertDocument)._id,
          })
        : null,
  };
}

export function createDriftRepository(connection: Connection): DriftRepository {
  const model = connection.model('Drift', driftSchema);
  return {
    async replace(report) {
      await model.replaceOne({ _id: LATEST }, report, { upsert: true });
    },
    async find() {
      const found = await model.findById(LATEST).lean();
      if (found === null) return null;
      const { _id, ...report } = found;
      return report;
    },
  };
}

export function createThresholdRepository(connection: Connection): ThresholdRepository {
  const model = connection.model('Threshold', thresholdSchema);
  return {
    async find() {
      const { _id, ...stored } = (await model.findById(LATEST).lean()) ?? { _id: LATEST };
      return stored;
    },
    async change(change) {
      const given = Object.entries(change).filter(([, value]) => value !== undefined);
      const set = Object.fromEntries(given.filter(([, value]) => value !== null));
      const unset = Object.fromEntries(given.filter(([, value]) => value === null));
      await model.updateOne({ _id: LATEST }, { $set: set, $unset: unset }, { upsert: true });
    },
  };
}

function toAlert({ _id, ...rest }: AlertDocument): Alert {
  return { alertId: _id, ...rest };
}
