/** The document that describes the data set as a whole. */

import { type Connection, Schema } from 'mongoose';

import type { DatasetInfo, DatasetRepository } from '../repositories.js';

import { unlessDuplicate } from './errors.js';

interface DatasetDocument extends DatasetInfo {
  _id: string;
  keyVersion?: string;
}

const KEY = 'dataset';

const datasetSchema = new Schema<DatasetDocument>(
  {
    _id: { type: String, required: true },
    isSynthetic: Boolean,
    seed: Number,
    unknownItemEvents: Number,
    filledAt: Number,
    countedAt: Number,
    keyVersion: String,
    catalogueRevision: Number,
  },
  { collection: 'dataset', versionKey: false, autoIndex: false },
);

export function createDatasetRepository(connection: Connection): DatasetRepository {
  const model = connection.model('Dataset', datasetSchema);
  return {
    async get() {
      const found = await model.findById(KEY).lean();
      return {
        isSynthetic: found?.isSynthetic ?? false,
        seed: found?.seed ?? null,
        unknownItemEvents: found?.unknownItemEvents ?? 0,
        filledAt: found?.filledAt ?? null,
        countedAt: found?.countedAt ?? null,
        catalogueRevision: found?.catalogueRevision ?? 0,
      };
    },
    async update(patch) {
      await model.updateOne({ _id: KEY }, { $set: patch }, { upsert: true });
    },
    async claimKeyVersion(keyVersion) {
      // When a different version is stored, the upsert fails with a duplicate key.
      await model
        .updateOne({ _id: KEY, keyVersion: null }, { $set: { keyVersion } }, { upsert: true })
        .catch(unlessDuplicate);
      return (await model.findById(KEY).lean())!.keyVersion!;
    },
    async raiseCatalogueRevision() {
      await model.updateOne({ _id: KEY }, { $inc: { catalogueRevision: 1 } }, { upsert: true });
    },
    async addUnknownItemEvents(count) {
      await model.updateOne({ _id: KEY }, { $inc: { unknownItemEvents: count } }, { upsert: true });
    },
  };
}
