/** The version of the stored data, and the migrations that raise it. */

import type { Connection } from 'mongoose';

import { DATA_VERSION } from '../data-version.js';
import type { MigrationRepository } from '../repositories.js';

import { DATASET_KEY, datasetModel } from './dataset.repository.js';
import { MIGRATIONS } from './migrations/index.js';

export function createMigrationRepository(connection: Connection): MigrationRepository {
  const dataset = datasetModel(connection);
  return {
    async storedVersion() {
      // With the data set, so that it comes and goes with it in any dump.
      const found = await dataset.findById(DATASET_KEY).lean();
      if (found !== null) return found.dataVersion ?? 0;
      return (await connection.db!.collection('models').findOne()) === null ? null : 0;
    },
    pending: (from) => MIGRATIONS.filter(({ version }) => version > from && version <= DATA_VERSION),
    run: (version, options) =>
      MIGRATIONS.find((migration) => migration.version === version)!.run({ db: connection.db!, ...options }),
    async stamp(version) {
      await dataset.updateOne({ _id: DATASET_KEY }, { $max: { dataVersion: version } }, { upsert: true });
    },
    isRestoring: async () => (await dataset.findById(DATASET_KEY).lean())?.isRestoring ?? false,
    async endRestore() {
      await dataset.updateOne({ _id: DATASET_KEY }, { $unset: { isRestoring: 1 } });
    },
  };
}
