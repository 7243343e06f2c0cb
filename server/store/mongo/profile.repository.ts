/**
 * Profiles in MongoDB. Training streams all of them, so the interactions are a JSON text of parallel columns and the
 * running sums a second text (see event-columns.ts for the reasons).
 */

import { type Connection, Schema } from 'mongoose';

import type { BehaviourSums, Interaction, Profile } from '../../domain/index.js';
import type { ProfileRepository } from '../repositories.js';

import { CURSOR_BATCH, findByIds, inBatches } from './batches.js';
import { compareAndSet } from './compare-and-set.js';
import type { WriteLane } from './write-lane.js';

interface ProfileDocument {
  _id: string;
  interactions: string;
  behaviour: string;
  eventCount: number;
  revision: number;
  updatedAt: number;
}

const profileSchema = new Schema<ProfileDocument>(
  {
    _id: { type: String, required: true },
    interactions: { type: String, required: true },
    behaviour: { type: String, required: true },
    eventCount: Number,
    revision: { type: Number, required: true },
    updatedAt: Number,
  },
  { collection: 'profiles', versionKey: false, autoIndex: false },
);

export function createProfileRepository(connection: Connection, lane: WriteLane): ProfileRepository {
  const model = connection.model('Profile', profileSchema);
  return {
    async find(userId) {
      const found = await lane.urgent(() => model.findById(userId).lean().exec());
      return found === null ? null : toProfile(found);
    },
    async findMany(userIds) {
      const rows = await lane.urgent(() =>
        findByIds(userIds, (part) => model.find({ _id: { $in: part } }).lean()),
      );
      return rows.map(toProfile);
    },
    // On disk when it resolves: marks are cleared and revisions continue from the stored profiles.
    replaceMany: (rows) =>
      lane.derived(() =>
        compareAndSet<ProfileDocument>(
          model.collection,
          rows.map(({ profile, expectedRevision }) => ({
            document: toDocument(profile),
            expected: expectedRevision === 0 ? null : { revision: expectedRevision },
          })),
        ),
      ),
    // Unsorted, and counted from the collection's metadata: a sort or a full count would block other clients.
    streamAll: () => inBatches(model.find().lean().cursor({ batchSize: CURSOR_BATCH }), toProfile),
    count: () => model.estimatedDocumentCount(),
    delete: async (userId) => (await model.deleteOne({ _id: userId })).deletedCount,
    deleteAll: async () => void (await model.deleteMany({})),
  };
}

function toDocument({ userId, interactions, behaviour, ...rest }: Profile): ProfileDocument {
  const columns = {
    itemId: interactions.map((row) => row.itemId),
    strength: interactions.map((row) => row.strength),
    opinion: interactions.map((row) => row.opinion),
    isPurchased: interactions.map((row) => (row.isPurchased ? 1 : 0)),
    isRated: interactions.map((row) => (row.isRated ? 1 : 0)),
    at: interactions.map((row) => row.at),
    actedAt: interactions.map((row) => row.actedAt),
  };
  return {
    _id: userId,
    interactions: JSON.stringify(columns),
    behaviour: JSON.stringify(behaviour),
    ...rest,
  };
}

function toProfile({ _id, interactions, behaviour, ...rest }: ProfileDocument): Profile {
  const columns = JSON.parse(interactions) as {
    itemId: string[];
    strength: number[];
    opinion: Interaction['opinion'][];
    isPurchased: number[];
    /** Absent in profiles written before ratings were distinguished from views. */
    isRated?: number[];
    at: number[];
    /** Absent in profiles written before retracted thumbs left the time of an item unchanged. */
    actedAt?: number[];
  };
  return {
    userId: _id,
    interactions: columns.itemId.map((itemId, row) => ({
      itemId,
      strength: columns.strength[row],
      opinion: columns.opinion[row],
      isPurchased: columns.isPurchased[row] === 1,
      isRated: columns.isRated?.[row] === 1,
      at: columns.at[row],
      actedAt: columns.actedAt?.[row] ?? columns.at[row],
    })),
    behaviour: JSON.parse(behaviour) as BehaviourSums,
    ...rest,
  };
}
