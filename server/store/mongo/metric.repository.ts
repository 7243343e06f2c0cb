/** Dashboard counters in MongoDB. */

import { type Connection, Schema, type mongo } from 'mongoose';

import type { MetricBucket, MetricCounters } from '../../domain/index.js';
import { GRAIN_MS, KEPT_MS } from '../../domain/index.js';
import { addUp } from '../metric-buckets.js';
import type { LiveBeat, MetricRepository } from '../repositories.js';

import { DERIVED, batchesOf } from './batches.js';
import { compareAndSet } from './compare-and-set.js';
import { unlessDuplicate } from './errors.js';
import type { WriteLane } from './write-lane.js';

/** Looked up by `_id` only: the bucket start is zero-padded, so the ids of a grain sort by time. */
interface BucketDocument {
  readonly _id: string;
  readonly counters?: Readonly<Record<string, number>>;
  readonly served?: Readonly<Record<string, number>>;
  /** Absent for day buckets, which never expire. */
  readonly expiresAt?: Date;
}

const metricBucketSchema = new Schema<BucketDocument>(
  {
    _id: { type: String, required: true },
    counters: { type: Schema.Types.Mixed },
    served: { type: Schema.Types.Mixed },
    expiresAt: Date,
  },
  { collection: 'metricBuckets', versionKey: false, autoIndex: false },
);
metricBucketSchema.index({ expiresAt: 1 }, { expireAfterSeconds: 0, sparse: true });

/** Number of buckets (a bulk load) from which most are new: a server takes several inserts in the time of an upsert. */
const MANY = 100;

/** Buckets published under differential privacy: written once, never changed. */
const publishedBucketSchema = metricBucketSchema.clone();
publishedBucketSchema.set('collection', 'publishedBuckets');

interface SpentDocument {
  readonly _id: number;
  readonly hour?: number;
  readonly day?: number;
  readonly model?: number;
  /** Model version on which the model part was spent. */
  readonly modelVersion?: number;
}

const epsilonSpentSchema = new Schema<SpentDocument>(
  { _id: { type: Number, required: true }, hour: Number, day: Number, model: Number, modelVersion: Number },
  { collection: 'epsilonSpent', versionKey: false, autoIndex: false },
);

interface BeatDocument extends Omit<LiveBeat, 'instanceId' | 'activeSketch' | 'requests' | 'faults'> {
  readonly _id: string;
  /** Instances of an earlier release do not report requests. */
  readonly requests?: number;
  readonly faults?: number;
  readonly activeSketch: mongo.Binary;
}

const liveBeatSchema = new Schema<BeatDocument>(
  { _id: { type: String, required: true }, at: { type: Number, required: true } },
  { collection: 'liveBeats', versionKey: false, autoIndex: false, strict: false },
);

export function createMetricRepository(connection: Connection, lane: WriteLane): MetricRepository {
  const model = connection.model('MetricBucket', metricBucketSchema);
  const published = connection.model('PublishedBucket', publishedBucketSchema);
  const spent = connection.model('EpsilonSpent', epsilonSpentSchema);
  const beats = connection.model('LiveBeat', liveBeatSchema);

  /** Inserts the buckets that are missing and returns the rest. */
  async function insertNew(
    target: typeof model,
    buckets: readonly MetricBucket[],
    options: Parameters<typeof compareAndSet>[2],
  ): Promise<readonly MetricBucket[]> {
    const rows = buckets.map((bucket) => ({
      document: {
        _id: idOf(bucket),
        counters: toFields(bucket.counters),
        ...(bucket.served !== undefined && { served: toFields(bucket.served) }),
        ...expiryOf(bucket),
      },
      expected: null,
    }));
    const refused = new Set(await compareAndSet<BucketDocument>(target.collection, rows, options));
    return buckets.filter((bucket) => refused.has(idOf(bucket)));
  }

  async function findIn(
    target: typeof model,
    { grain, from, to }: Parameters<MetricRepository['find']>[0],
  ): Promise<MetricBucket[]> {
    const rows = await target
      .find({ _id: { $gte: `${grain}/${pad(from)}/`, $lt: `${grain}/${pad(to)}/` } }, { expiresAt: 0 })
      .sort({ _id: 1 })
      .lean();
    return rows.map(({ _id, counters, served }): MetricBucket => {
      const [, at, ...persona] = _id.split('/');
      const bucket = { grain, at: Number(at), persona: persona.join('/'), counters: fromFields(counters) };
      return served === undefined ? bucket : { ...bucket, served: fromFields(served) };
    });
  }

  return {
    async increment(buckets) {
      for (const batch of batchesOf(addUp(buckets))) {
        const rest = batch.length < MANY ? batch : await lane.derived(() => insertNew(model, batch, DERIVED));
        if (rest.length === 0) continue;
        const writes = rest.map((bucket) => ({
          updateOne: {
            filter: { _id: idOf(bucket) },
            update: {
              $inc: {
                ...underFields('counters', bucket.counters),
                ...underFields('served', bucket.served ?? {}),
              },
              ...(bucket.grain !== 'day' && { $setOnInsert: expiryOf(bucket) }),
            },
            upsert: true,
          },
        }));
        await lane.derived(() => model.collection.bulkWrite(writes as never, { ordered: false, ...DERIVED }));
      }
    },
    find: (range) => findIn(model, range),
    isEmpty: async () => (await model.exists({})) === null,
    async clearRecorded() {
      await model.updateMany({}, { $unset: { counters: 1 } });
      await model.deleteMany({ served: { $exists: false } });
    },
    // On disk before publication: noise drawn a second time would reveal more.
    async publish(buckets) {
      await insertNew(published, buckets, {});
    },
    findPublished: (range) => findIn(published, range),
    async spendEpsilon(rows) {
      const writes = rows.map(({ at, grain, epsilon }) => ({
        updateOne: { filter: { _id: at }, update: { $max: { [grain]: epsilon } }, upsert: true },
      }));
      if (writes.length > 0) await spent.collection.bulkWrite(writes as never, { ordered: false });
    },
    async spendEpsilonOnModel({ at, version, epsilon }) {
      // If the part belongs to a different version, the filter matches nothing and the insert fails with a duplicate
      // key.
      const isOpen = { _id: at, modelVersion: { $exists: false } };
      const part = { $set: { model: epsilon, modelVersion: version } };
      await spent.updateOne(isOpen, part, { upsert: true }).catch(unlessDuplicate);
      return (await spent.findById(at).lean().orFail()).modelVersion ?? version;
    },
    async epsilonSpent(from, to) {
      const rows = await spent
        .find({ _id: { $gte: from, $lt: to } })
        .sort({ _id: 1 })
        .lean();
      return rows.map(({ _id, hour = 0, day = 0, model = 0 }) => ({ at: _id, hour, day, model }));
    },
    async beat({ instanceId, activeSketch, ...rest }) {
      const row = { ...rest, activeSketch: Buffer.from(activeSketch) };
      await lane.derived(() =>
        beats.collection.replaceOne({ _id: instanceId } as never, row as never, {
          upsert: true,
          ...DERIVED,
        }),
      );
    },
    async beats(since) {
      const rows = await beats.find({ at: { $gte: since } }).lean();
      return rows.map(({ _id, activeSketch, requests = 0, faults = 0, ...row }) => ({
        ...{ instanceId: _id, ...row, requests, faults },
        activeSketch: Uint8Array.from(activeSketch.buffer),
      }));
    },
    async pruneBeats(before) {
      await lane.derived(() => beats.deleteMany({ at: { $lt: before } }, DERIVED).exec());
    },
  };
}

function idOf({ grain, at, persona }: MetricBucket): string {
  return `${grain}/${pad(at)}/${persona}`;
}

/** Thirteen digits last until the year 2286; later instants sort last. */
function pad(at: number): string {
  return at >= 1e13 ? '~' : String(Math.max(0, at)).padStart(13, '0');
}

function expiryOf({ grain, at }: MetricBucket): { expiresAt?: Date } {
  const keptMs = KEPT_MS[grain];
  return Number.isFinite(keptMs) ? { expiresAt: new Date(at + keptMs + GRAIN_MS[grain]) } : {};
}

function underFields(part: 'counters' | 'served', counters: MetricCounters): Record<string, number> {
  return Object.fromEntries(Object.entries(toFields(counters)).map(([name, by]) => [`${part}.${name}`, by]));
}

/** Escapes characters of categories that field names must not contain. */
function toFields(counters: MetricCounters): Record<string, number> {
  return Object.fromEntries(
    Object.entries(counters).map(([name, by]) => [name.replace(/[%.$\0]/g, encodeURIComponentStrictly), by]),
  );
}

function encodeURIComponentStrictly(sign: string): string {
  return `%${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

function fromFields(stored: Readonly<Record<string, number>> = {}): MetricCounters {
  return Object.fromEntries(Object.entries(stored).map(([name, by]) => [decodeURIComponent(name), by]));
}
