/** Leases in MongoDB: a document per job. Documents are never deleted, so that the fence never decreases. */

import { type Connection, type Model, Schema } from 'mongoose';

import { LEASE_SKEW_MS } from '../lease-expiry.js';
import type { Lease, LeaseRepository } from '../repositories.js';

import { isDuplicateKey } from './errors.js';

interface LeaseDocument {
  _id: string;
  /** Null after release. */
  owner: string | null;
  acquiredAt: number;
  expiresAt: number;
  fence: number;
  /** Last version published under the lease; writing it includes the lease in the publish transaction. */
  publishedVersion?: number;
}

const leaseSchema = new Schema<LeaseDocument>(
  {
    _id: { type: String, required: true },
    owner: String,
    acquiredAt: Number,
    expiresAt: Number,
    fence: Number,
    publishedVersion: Number,
  },
  { collection: 'leases', versionKey: false, autoIndex: false },
);

export function leaseModel(connection: Connection) {
  const existing = connection.models['Lease'] as unknown;
  return (existing ?? connection.model('Lease', leaseSchema)) as Model<LeaseDocument>;
}

export function createLeaseRepository(connection: Connection): LeaseRepository {
  const model = leaseModel(connection);
  return {
    async acquire(job, owner, leaseMs, now) {
      try {
        const taken = await model
          .findOneAndUpdate(
            {
              _id: job,
              $or: [{ expiresAt: { $lte: now } }, { expiresAt: { $gt: now + leaseMs + LEASE_SKEW_MS } }],
            },
            { $set: { owner, acquiredAt: now, expiresAt: now + leaseMs }, $inc: { fence: 1 } },
            { upsert: true, returnDocument: 'after' },
          )
          .lean<LeaseDocument>();
        return taken === null ? null : toLease(taken);
      } catch (error) {
        // The upsert found no expired lease and conflicts with the lease that is held.
        if (isDuplicateKey(error)) return null;
        throw error;
      }
    },
    async renew({ job, owner, fence }, leaseMs, now) {
      const held = { _id: job, owner, fence, expiresAt: { $gt: now } };
      return (await model.updateOne(held, { $set: { expiresAt: now + leaseMs } })).matchedCount === 1;
    },
    async release({ job, owner, fence }) {
      await model.updateOne({ _id: job, owner, fence }, { $set: { owner: null, expiresAt: 0 } });
    },
    async find(job) {
      const found = await model.findById(job).lean();
      return found === null || found.owner === null ? null : toLease(found);
    },
  };
}

function toLease({ _id, owner, acquiredAt, expiresAt, fence }: LeaseDocument): Lease {
  return { job: _id, owner: owner!, acquiredAt, expiresAt, fence };
}
