/** Figures of items in MongoDB: a document per item, changed by `$inc` only. */

import { type Connection, Schema } from 'mongoose';

import type { ItemCounts } from '../../domain/index.js';
import type { ItemFiguresRepository } from '../repositories.js';

import { DERIVED, batchesOf, findByIds } from './batches.js';
import type { WriteLane } from './write-lane.js';

interface FiguresDocument {
  _id: string;
  counters?: ItemCounts['counters'];
  served?: number;
}

const figuresSchema = new Schema<FiguresDocument>(
  { _id: { type: String, required: true }, counters: Schema.Types.Mixed, served: Number },
  { collection: 'itemFigures', versionKey: false, autoIndex: false },
);

export function createItemFiguresRepository(connection: Connection, lane: WriteLane): ItemFiguresRepository {
  const model = connection.model('ItemFigures', figuresSchema);
  return {
    async increment(rows) {
      for (const batch of batchesOf(rows)) {
        const writes = batch.map(({ itemId, counters, served }) => ({
          updateOne: { filter: { _id: itemId }, update: { $inc: sumsOf(counters, served) }, upsert: true },
        }));
        await lane.derived(() => model.collection.bulkWrite(writes as never, { ordered: false, ...DERIVED }));
      }
    },
    async findMany(itemIds) {
      const found = await findByIds(itemIds, (part) => model.find({ _id: { $in: part } }).lean());
      return found.map(({ _id, counters = {}, served = 0 }) => ({ itemId: _id, counters, served }));
    },
    async clearRecorded() {
      await model.updateMany({}, { $unset: { counters: 1 } });
    },
  };
}

function sumsOf(counters: ItemCounts['counters'], served: number): Record<string, number> {
  const sums = Object.fromEntries(
    Object.entries(counters).map(([name, count]) => [`counters.${name}`, count]),
  );
  return { ...sums, served };
}
