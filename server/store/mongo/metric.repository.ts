/** Counters behind the dashboards, in MongoDB. */

import { type Connection, Schema } from 'mongoose';

import type { MetricBucket, MetricCounters } from '../../domain/index.js';
import { MINUTE_BUCKETS_MS } from '../../domain/index.js';
import { addUp } from '../metric-buckets.js';
import type { LiveBeat, MetricRepository } from '../repositories.js';

import { DERIVED, batchesOf } from './batches.js';

interface BucketDocument extends MetricBucket {
  /** Only buckets of a minute end by themselves. */
  readonly expiresAt?: Date;
}

export const metricBucketSchema = new Schema<BucketDocument>(
  {
    grain: { type: String, required: true },
    at: { type: Number, required: true },
    persona: { type: String, required: true },
    counters: { type: Schema.Types.Mixed },
    served: { type: Schema.Types.Mixed },
    expiresAt: Date,
  },
  { collection: 'metricBuckets', versionKey: false, autoIndex: false },
);
metricBucketSchema.index({ grain: 1, at: 1, persona: 1 }, { unique: true });
metricBucketSchema.index({ expiresAt: 1 }, { expireAfterSeconds: 0, sparse: true });

interface BeatDocument extends Omit<LiveBeat, 'instanceId'> {
  readonly _id: string;
}

export const liveBeatSchema = new Schema<BeatDocument>(
  { _id: { type: String, required: true }, at: { type: Number, required: true } },
  { collection: 'liveBeats', versionKey: false, autoIndex: false, strict: false },
);

export function createMetricRepository(connection: Connection): MetricRepository {
  const model = connection.model('MetricBucket', metricBucketSchema);
  const beats = connection.model('LiveBeat', liveBeatSchema);
  return {
    async increment(buckets) {
      for (const batch of batchesOf(addUp(buckets))) {
        const writes = batch.map(({ grain, at, persona, counters, served = {} }) => ({
          updateOne: {
            filter: { grain, at, persona },
            update: {
              $inc: { ...underFields('counters', counters), ...underFields('served', served) },
              ...(grain === 'minute' && { $setOnInsert: { expiresAt: new Date(at + MINUTE_BUCKETS_MS) } }),
            },
            upsert: true,
          },
        }));
        await model.collection.bulkWrite(writes as never, { ordered: false, ...DERIVED });
      }
    },
    find: async ({ grain, from, to }) => {
      const rows = await model
        .find({ grain, at: { $gte: from, $lt: to } }, { _id: 0 })
        .sort({ at: 1, persona: 1 })
        .lean();
      return rows.map((row): MetricBucket => {
        const bucket = { grain, at: row.at, persona: row.persona, counters: fromFields(row.counters) };
        return row.served === undefined ? bucket : { ...bucket, served: fromFields(row.served) };
      });
    },
    isEmpty: async () => (await model.exists({})) === null,
    async clearRecorded() {
      await model.updateMany({}, { $unset: { counters: 1 } });
      await model.deleteMany({ served: { $exists: false } });
    },
    async beat({ instanceId, ...row }) {
      await beats.collection.replaceOne({ _id: instanceId } as never, row as never, {
        upsert: true,
        ...DERIVED,
      });
    },
    async beats(since) {
      const rows = await beats.find({ at: { $gte: since } }).lean();
      return rows.map(({ _id, ...row }) => ({ instanceId: _id, ...row }));
    },
    async pruneBeats(before) {
      await beats.deleteMany({ at: { $lt: before } });
    },
  };
}

function underFields(part: 'counters' | 'served', counters: MetricCounters): Record<string, number> {
  return Object.fromEntries(
    Object.entries(counters).map(([name, by]) => [`${part}.${encodeField(name)}`, by]),
  );
}

function fromFields(stored: Readonly<Record<string, number>> = {}): MetricCounters {
  return Object.fromEntries(Object.entries(stored).map(([name, by]) => [decodeURIComponent(name), by]));
}

/** A category may hold what a field name may not. */
function encodeField(name: string): string {
  return name.replace(
    /[%.$\0]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
