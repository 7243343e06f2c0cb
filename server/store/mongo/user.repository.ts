/** Users in MongoDB: pseudonyms, and data derived from behaviour. */

import { type Connection, Schema } from 'mongoose';

import type { PersonaAssignment, User } from '../../domain/index.js';
import type { UserRepository } from '../repositories.js';

import { CURSOR_BATCH, DERIVED, batchesOf, findByIds, inBatches } from './batches.js';
import { changes } from './change-stream.js';
import { duplicateIndexes } from './errors.js';
import { pageOf } from './item.repository.js';
import type { WriteLane } from './write-lane.js';

interface UserDocument extends Omit<User, 'userId'> {
  _id: string;
  /**
   * Model version under which the user chose the persona; null if it follows from behaviour. A single field to compare:
   * with an `$or` beside `_id` a server may scan the collection for each user.
   */
  chosenFor?: number | null;
}

const personaSchema = new Schema<PersonaAssignment>(
  {
    personaId: String,
    confidence: Number,
    since: Number,
    pending: String,
    modelVersion: Number,
    isChosen: Boolean,
  },
  { _id: false },
);

const userSchema = new Schema<UserDocument>(
  {
    _id: { type: String, required: true },
    locale: String,
    createdAt: Number,
    persona: personaSchema,
    eventCount: Number,
    isSynthetic: Boolean,
    chosenFor: Number,
  },
  { collection: 'users', versionKey: false, autoIndex: false },
);
userSchema.index({ 'persona.personaId': 1 });
userSchema.index({ createdAt: 1 });

export function createUserRepository(
  connection: Connection,
  { hasChangeStreams, lane }: { hasChangeStreams: boolean; lane: WriteLane },
): UserRepository {
  const model = connection.model('User', userSchema);
  return {
    async ensure(users) {
      const rows = [...new Map(users.map((user) => [user.userId, user])).values()];
      let added = 0;
      for (const batch of batchesOf(rows)) {
        const documents = batch.map(({ userId, locale, createdAt, isSynthetic }) => ({
          ...{ _id: userId, locale, createdAt, persona: null, eventCount: 0, isSynthetic },
        }));
        const known = await model.collection
          .insertMany(documents as never, { ordered: false })
          .then(() => [], duplicateIndexes);
        added += batch.length - known.length;
      }
      return added;
    },
    async find(userId) {
      const found = await lane.urgent(() => model.findById(userId).lean().exec());
      return found === null ? null : toUser(found);
    },
    async findMany(userIds) {
      const rows = await lane.urgent(() =>
        findByIds(userIds, (part) => model.find({ _id: { $in: part } }).lean()),
      );
      return rows.map(toUser);
    },
    async list({ first, after, personaId, isSynthetic, idPrefix }) {
      const ids = {
        ...(after === null ? {} : { $gt: after }),
        // "g" follows every hexadecimal digit.
        ...(idPrefix == null ? {} : { $gte: idPrefix, $lt: `${idPrefix}g` }),
      };
      const filter = {
        ...(after === null && idPrefix == null ? {} : { _id: ids }),
        ...(personaId == null ? {} : { 'persona.personaId': personaId }),
        ...(isSynthetic === undefined ? {} : { isSynthetic }),
      };
      const rows = await model
        .find(filter)
        .sort({ _id: 1 })
        .limit(first + 1)
        .lean();
      return pageOf(rows.map(toUser), first);
    },
    async assignPersonas(rows, { unlessVersion, isCorrection = false } = {}) {
      const isLive = unlessVersion === undefined && !isCorrection;
      const isOpen = unlessVersion === undefined ? {} : { 'persona.modelVersion': { $ne: unlessVersion } };
      for (const batch of batchesOf(rows)) {
        const writes = batch.map(({ userId, persona, eventCount }) => {
          const isChosen = persona?.isChosen === true;
          // A chosen persona is replaced under a different version only, not by behaviour under the same version.
          const version = persona?.modelVersion ?? unlessVersion ?? null;
          const isUnchosen = version === null ? null : { $ne: version };
          const isFree = isCorrection || isChosen ? {} : { chosenFor: isUnchosen };
          const isNewer = isLive ? { eventCount: { $lte: eventCount } } : {};
          const filter = { _id: userId, ...isOpen, ...isFree, ...isNewer };
          const chosenFor = isChosen ? version : null;
          return { updateOne: { filter, update: { $set: { persona, eventCount, chosenFor } } } };
        });
        const write = (durability: Partial<typeof DERIVED>) =>
          model.collection.bulkWrite(writes as never, { ordered: false, ...durability });
        await (isCorrection ? write({}) : lane.derived(() => write(DERIVED)));
      }
    },
    streamPersonas: () =>
      inBatches(
        model.find({}, { persona: 1, eventCount: 1 }).lean().cursor({ batchSize: CURSOR_BATCH }),
        ({ _id, persona, eventCount }) => ({ userId: _id, persona, eventCount }),
      ),
    listIds: async () => (await model.find({}, { _id: 1 }).lean()).map(({ _id }) => _id),
    count: () => model.countDocuments(),
    delete: async (userId) => (await model.deleteOne({ _id: userId })).deletedCount,
    deleteAll: async () => void (await model.deleteMany({})),
    watchDeleted: ({ signal }) =>
      hasChangeStreams
        ? changes({
            connection,
            collection: 'users',
            signal,
            read: (userId) => userId as string,
          })
        : null,
  };
}

function toUser({ _id, chosenFor: _chosenFor, ...rest }: UserDocument): User {
  return { userId: _id, ...rest };
}
