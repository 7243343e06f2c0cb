/** The history of imports in MongoDB. */

import { type Connection, Schema } from 'mongoose';

import type { ImportRecord } from '../../domain/index.js';
import type { ImportHistoryRepository } from '../repositories.js';

interface ImportDocument extends Omit<ImportRecord, 'importId'> {
  _id: string;
}

const importSchema = new Schema<ImportDocument>(
  {
    _id: { type: String, required: true },
    at: { type: Number, required: true },
    kind: { type: String, required: true },
    name: { type: String, required: true },
    read: Number,
    recorded: Number,
    updated: Number,
    unchanged: Number,
    rejected: Number,
    unknownItems: Number,
    newUsers: Number,
    newItems: Number,
  },
  { collection: 'imports', versionKey: false, autoIndex: false },
);
importSchema.index({ at: -1 });

export function createImportHistoryRepository(connection: Connection): ImportHistoryRepository {
  const model = connection.model('Import', importSchema);
  return {
    async append({ importId, ...rest }) {
      await model.updateOne({ _id: importId }, { $setOnInsert: rest }, { upsert: true });
    },
    async list(limit) {
      const found = await model.find().sort({ at: -1 }).limit(limit).lean();
      return found.map(({ _id, ...rest }) => ({ importId: _id, ...rest }));
    },
  };
}
