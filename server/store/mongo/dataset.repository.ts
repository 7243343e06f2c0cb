/** The document that describes the data set as a whole. */

import { type Connection, type Model, Schema } from 'mongoose';

import type { DatasetInfo, DatasetRepository } from '../repositories.js';

import { unlessDuplicate } from './errors.js';

interface DatasetDocument extends DatasetInfo {
  _id: string;
  keyVersion?: string;
  /** Absent in data of releases before versions. */
  dataVersion?: number;
  /** Set while a restore replaces the data; see raw-database.ts. */
  isRestoring?: boolean;
}

export const DATASET_KEY = 'dataset';

const datasetSchema = new Schema<DatasetDocument>(
  {
    _id: { type: String, required: true },
    isSynthetic: Boolean,
    seed: Number,
    unknownItemEvents: Number,
    filledAt: Number,
    countedAt: Number,
    keyVersion: String,
    dataVersion: Number,
    isRestoring: Boolean,
    catalogueRevision: Number,
  },
  { collection: 'dataset', versionKey: false, autoIndex: false },
);

export function datasetModel(connection: Connection) {
  const existing = connection.models['Dataset'] as unknown;
  return (existing ?? connection.model('Dataset', datasetSchema)) as Model<DatasetDocument>;
}

export function createDatasetRepository(connection: Connection): DatasetRepository {
  const model = datasetModel(connection);
  return {
    async get() {
      const found = await model.findById(DATASET_KEY).lean();
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
      await model.updateOne({ _id: DATASET_KEY }, { $set: patch }, { upsert: true });
    },
    async claimKeyVersion(keyVersion) {
      // When a different version is stored, the upsert fails with a duplicate key.
      await model
        .updateOne({ _id: DATASET_KEY, keyVersion: null }, { $set: { keyVersion } }, { upsert: true })
        .catch(unlessDuplicate);
      return (await model.findById(DATASET_KEY).lean())!.keyVersion!;
    },
    findKeyVersion: async () => (await model.findById(DATASET_KEY).lean())?.keyVersion ?? null,
    async raiseCatalogueRevision() {
      await model.updateOne({ _id: DATASET_KEY }, { $inc: { catalogueRevision: 1 } }, { upsert: true });
    },
    async addUnknownItemEvents(count) {
      await model.updateOne({ _id: DATASET_KEY }, { $inc: { unknownItemEvents: count } }, { upsert: true });
    },
  };
}
