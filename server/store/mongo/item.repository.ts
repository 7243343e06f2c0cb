/** The catalogue in MongoDB. */

import { type Connection, Schema } from 'mongoose';

import type { Item } from '../../domain/index.js';
import { canonical } from '../canonical-item.js';
import type { ItemRepository, Page } from '../repositories.js';

import { CURSOR_BATCH, batchesOf, findByIds, inBatches } from './batches.js';
import { compareAndSet } from './compare-and-set.js';

interface ItemDocument extends Omit<Item, 'itemId' | 'attributes'> {
  _id: string;
  /** Pairs, since attribute names from a file may contain dots and dollar signs. */
  attributes: { name: string; value: string | number }[];
}

const itemSchema = new Schema<ItemDocument>(
  {
    _id: { type: String, required: true },
    title: { type: String, required: true },
    category: String,
    tags: [String],
    attributes: [{ _id: false, name: String, value: Schema.Types.Mixed }],
    locale: String,
    createdAt: Number,
    isAvailable: Boolean,
  },
  { collection: 'items', versionKey: false, autoIndex: false },
);
itemSchema.index({ category: 1 });

export function createItemRepository(connection: Connection): ItemRepository {
  const model = connection.model('Item', itemSchema);
  const findMany = async (itemIds: readonly string[]) =>
    (await findByIds(itemIds, (part) => model.find({ _id: { $in: part } }).lean())).map(toItem);

  return {
    async replaceMany(items) {
      const rows = [...new Map(items.map((item) => [item.itemId, item])).values()];
      const counts = { inserted: 0, updated: 0, unchanged: 0 };
      for (const batch of batchesOf(rows)) {
        const stored = new Map(
          (await findMany(batch.map((item) => item.itemId))).map((item) => [item.itemId, canonical(item)]),
        );
        const added = batch.filter((item) => !stored.has(item.itemId));
        const changed = batch.filter(
          (item) => stored.has(item.itemId) && stored.get(item.itemId) !== canonical(item),
        );
        // New items are inserted, at a fraction of the cost of an upsert; items inserted concurrently are replaced.
        const raced = new Set(
          await compareAndSet(
            model.collection,
            added.map((item) => ({ document: toDocument(item), expected: null })),
          ),
        );
        const writes = [...added.filter((item) => raced.has(item.itemId)), ...changed].map((item) => ({
          replaceOne: { filter: { _id: item.itemId }, replacement: toDocument(item), upsert: true },
        }));
        if (writes.length > 0) await model.collection.bulkWrite(writes as never, { ordered: false });
        counts.inserted += added.length;
        counts.updated += changed.length;
        counts.unchanged += batch.length - added.length - changed.length;
      }
      return counts;
    },
    async find(itemId) {
      const found = await model.findById(itemId).lean();
      return found === null ? null : toItem(found);
    },
    findMany,
    async list({ first, after, category }) {
      const filter = {
        ...(after === null ? {} : { _id: { $gt: after } }),
        ...(category == null ? {} : { category }),
      };
      const rows = await model
        .find(filter)
        .sort({ _id: 1 })
        .limit(first + 1)
        .lean();
      return pageOf(rows.map(toItem), first);
    },
    streamAll: () =>
      inBatches(model.find().sort({ _id: 1 }).lean().cursor({ batchSize: CURSOR_BATCH }), toItem),
    count: () => model.countDocuments(),
    categories: async () => (await model.distinct('category')).filter(Boolean).sort(),
    deleteAll: async () => void (await model.deleteMany({})),
  };
}

/** Builds a page; `rows` has a row more than the page when there is a next page. */
export function pageOf<T>(rows: readonly T[], first: number): Page<T> {
  return { rows: rows.slice(0, first), hasNextPage: rows.length > first };
}

function toDocument({ itemId, attributes, ...rest }: Item): ItemDocument {
  return {
    _id: itemId,
    ...rest,
    attributes: Object.entries(attributes).map(([name, value]) => ({ name, value })),
  };
}

/** `titleKey` is present in documents of earlier releases. */
function toItem({
  _id,
  titleKey: _titleKey,
  attributes,
  ...rest
}: ItemDocument & { titleKey?: string }): Item {
  return {
    itemId: _id,
    ...rest,
    attributes: Object.fromEntries(attributes.map(({ name, value }) => [name, value])),
  };
}
