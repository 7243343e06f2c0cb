/** Publishable keys, each kept until it is revoked. */

import { type Connection, Schema } from 'mongoose';

import type { PublishableKey } from '../../domain/index.js';
import type { PublishableKeyRepository } from '../repositories.js';

interface KeyDocument extends Omit<PublishableKey, 'keyId'> {
  _id: string;
}

const keySchema = new Schema<KeyDocument>(
  {
    _id: { type: String, required: true },
    keyHash: { type: String, required: true },
    label: { type: String, required: true },
    origins: { type: [String], required: true },
    createdAt: { type: Number, required: true },
    lastUsedAt: { type: Number, default: null },
  },
  { collection: 'publishableKeys', versionKey: false, autoIndex: false },
);

export function createPublishableKeyRepository(connection: Connection): PublishableKeyRepository {
  const model = connection.model('PublishableKey', keySchema);
  return {
    async append({ keyId, ...rest }) {
      await model.create({ _id: keyId, ...rest });
    },
    list: async () =>
      (await model.find().sort({ createdAt: -1, _id: 1 }).lean()).map(({ _id, ...rest }) => ({
        keyId: _id,
        ...rest,
      })),
    delete: async (keyId) => (await model.deleteOne({ _id: keyId })).deletedCount > 0,
    noteUse: async (keyId, at) => void (await model.updateOne({ _id: keyId }, { $max: { lastUsedAt: at } })),
  };
}
