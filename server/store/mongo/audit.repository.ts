/** The audit log in MongoDB. */

import { type Connection, Schema } from 'mongoose';

import type { AuditEntry } from '../../domain/index.js';
import type { AuditRepository } from '../repositories.js';

import { pageOf } from './item.repository.js';

interface AuditDocument extends Omit<AuditEntry, 'entryId'> {
  _id: string;
}

const auditSchema = new Schema<AuditDocument>(
  {
    _id: { type: String, required: true },
    at: { type: Number, required: true },
    actor: {
      type: new Schema({ kind: String, name: { type: String, default: null } }, { _id: false }),
      required: true,
    },
    action: { type: String, required: true },
    target: { type: String, default: null },
    outcome: { type: String, required: true },
  },
  { collection: 'auditLog', versionKey: false, autoIndex: false },
);
auditSchema.index({ target: 1 });

export function createAuditRepository(connection: Connection): AuditRepository {
  const model = connection.model('AuditEntry', auditSchema);
  return {
    async append({ entryId, ...rest }) {
      await model.create({ _id: entryId, ...rest });
    },
    async list({ first, after }) {
      const filter = after === null ? {} : { _id: { $lt: after } };
      const rows = await model
        .find(filter)
        .sort({ _id: -1 })
        .limit(first + 1)
        .lean();
      return pageOf(rows.map(toEntry), first);
    },
    async forgetUser(userId) {
      await model.updateMany({ target: userId }, { $set: { target: null } });
    },
  };
}

function toEntry({ _id, ...rest }: AuditDocument): AuditEntry {
  return { entryId: _id, ...rest };
}
