/** Persona timelines in MongoDB. */

import { type Connection, Schema } from 'mongoose';

import type { PersonaRecord } from '../../domain/index.js';
import { countTransitions } from '../persona-transitions.js';
import type { PersonaHistoryRepository } from '../repositories.js';

import { batchesOf } from './batches.js';
import { duplicateIndexes } from './errors.js';

interface PersonaRecordDocument extends PersonaRecord {
  _id: string;
}

export const personaHistorySchema = new Schema<PersonaRecordDocument>(
  {
    _id: { type: String, required: true },
    userId: { type: String, required: true },
    version: Number,
    personaId: String,
    confidence: Number,
    at: Number,
  },
  { collection: 'personaHistory', versionKey: false, autoIndex: false },
);
personaHistorySchema.index({ userId: 1, at: 1 });
personaHistorySchema.index({ version: 1, personaId: 1 });

export function createPersonaHistoryRepository(connection: Connection): PersonaHistoryRepository {
  const model = connection.model('PersonaRecord', personaHistorySchema);

  return {
    async appendMany(rows) {
      for (const batch of batchesOf(rows)) {
        // The same step again has the same id: a reassignment that is repeated adds nothing.
        const documents = batch.map((row) => ({ _id: `${row.userId}/${row.version}/${row.at}`, ...row }));
        await model.collection.insertMany(documents as never, { ordered: false }).catch(duplicateIndexes);
      }
    },
    findByUser: async (userId, limit) =>
      (await model.find({ userId }).sort({ at: -1 }).limit(limit).lean()).map(({ _id, ...row }) => row),
    async transitions(fromVersion, toVersion) {
      const [before, after] = await Promise.all(
        [fromVersion, toVersion].map((version) => model.find({ version }).lean()),
      );
      return countTransitions(before, after);
    },
    deleteByUser: async (userId) => (await model.deleteMany({ userId })).deletedCount,
    async deleteByVersions(versions) {
      await model.deleteMany({ version: { $in: [...versions] } });
    },
  };
}
