/** Counters behind the dashboards, in MongoDB. */

import { type Connection, Schema } from 'mongoose';

import type { MetricBucket } from '../../domain/index.js';
import { addUp } from '../metric-buckets.js';
import type { MetricRepository } from '../repositories.js';

import { DERIVED, batchesOf } from './batches.js';

export const metricBucketSchema = new Schema<MetricBucket>(
  {
    grain: { type: String, required: true },
    at: { type: Number, required: true },
    persona: { type: String, required: true },
    counters: { type: Schema.Types.Mixed, required: true },
  },
  { collection: 'metricBuckets', versionKey: false, autoIndex: false },
);
metricBucketSchema.index({ grain: 1, at: 1, persona: 1 }, { unique: true });

export function createMetricRepository(connection: Connection): MetricRepository {
  const model = connection.model('MetricBucket', metricBucketSchema);
  return {
    async increment(buckets) {
      for (const batch of batchesOf(addUp(buckets))) {
        const writes = batch.map(({ grain, at, persona, counters }) => ({
          updateOne: {
            filter: { grain, at, persona },
            update: {
              $inc: Object.fromEntries(
                Object.entries(counters).map(([name, by]) => [`counters.${name}`, by]),
              ),
            },
            upsert: true,
          },
        }));
        await model.collection.bulkWrite(writes as never, { ordered: false, ...DERIVED });
      }
    },
    find: async ({ grain, from, to }) => {
      const rows = await model
        .find({ grain, at: { $gte: from, $lt: to } })
        .sort({ at: 1, persona: 1 })
        .lean();
      return rows.map(({ at, persona, counters }) => ({ grain, at, persona, counters }));
    },
    async clear() {
      await model.deleteMany();
    },
  };
}
