/** Recommendation lists as shown, in MongoDB. They expire after three days; a later click has no position. */

import { type Connection, Schema } from 'mongoose';

import { listIdPrefix } from '../../domain/index.js';
import type { ShownList, ShownListRepository } from '../repositories.js';

import { DERIVED, batchesOf, findByIds } from './batches.js';
import { duplicateIndexes } from './errors.js';
import type { WriteLane } from './write-lane.js';

const KEPT_SECONDS = 3 * 86_400;

interface ShownListDocument {
  _id: string;
  userId: string;
  shownAt: Date;
  itemIds: string[];
}

const shownListSchema = new Schema<ShownListDocument>(
  {
    _id: { type: String, required: true },
    userId: { type: String, required: true },
    shownAt: { type: Date, required: true },
    itemIds: [String],
  },
  { collection: 'shownLists', versionKey: false, autoIndex: false },
);
// No index on the user: it would cost an extra write per list, and only erasures would use it.
shownListSchema.index({ shownAt: 1 }, { expireAfterSeconds: KEPT_SECONDS });

export function createShownListRepository(connection: Connection, lane: WriteLane): ShownListRepository {
  const model = connection.model('ShownList', shownListSchema);
  return {
    async append(lists) {
      for (const batch of batchesOf(lists)) {
        const documents = batch.map(({ listId, userId, at, itemIds }) => ({
          ...{ _id: listId, userId, shownAt: new Date(at), itemIds },
        }));
        await lane.derived(() =>
          model.collection
            .insertMany(documents as never, { ordered: false, ...DERIVED })
            .catch(duplicateIndexes),
        );
      }
    },
    async findMany(listIds) {
      const rows = await lane.urgent(() =>
        findByIds(listIds, (part) => model.find({ _id: { $in: part } }).lean()),
      );
      return rows.map(toShownList);
    },
    async findLately(userId) {
      const from = listIdPrefix(userId);
      const rows = await lane.urgent(() =>
        model.find({ _id: { $gte: from, $lt: `${from}\uffff` }, userId }).lean(),
      );
      return rows.map(toShownList);
    },
    findByUser: async (userId) => (await model.find({ userId }).lean()).map(toShownList),
    async deleteByUser(userId) {
      return (await model.deleteMany({ userId })).deletedCount;
    },
  };
}

function toShownList({ _id, userId, shownAt, itemIds }: ShownListDocument): ShownList {
  return { listId: _id, userId, at: shownAt.getTime(), itemIds };
}
