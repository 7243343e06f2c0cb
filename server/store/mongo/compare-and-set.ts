/** Many compare-and-set writes in one round trip, with an exact answer for each. */

import type { Collection, mongo } from 'mongoose';

import { batchesOf } from './batches.js';
import { duplicateIndexes } from './errors.js';

export interface Replacement<T extends { _id: string }> {
  readonly document: T;
  /** Fields the stored document must still have; null: it must not be stored yet. */
  readonly expected: Partial<T> | null;
}

/**
 * Writes what is still as expected and returns the ids that were refused. Every update is an upsert: one that finds
 * other values tries to insert the id a second time, and the duplicate key error names its position in the batch.
 */
export async function compareAndSet<T extends { _id: string }>(
  target: Collection,
  rows: readonly Replacement<T>[],
  options: Pick<mongo.BulkWriteOptions, 'writeConcern'> = {},
): Promise<string[]> {
  const refused: string[] = [];
  for (const batch of batchesOf(rows)) {
    const writes = batch.map(({ document: { _id, ...fields }, expected }) =>
      expected === null
        ? { insertOne: { document: { _id, ...fields } } }
        : { updateOne: { filter: { _id, ...expected }, update: { $set: fields }, upsert: true } },
    );
    const collection = target as unknown as mongo.Collection<T>;
    const { failed, result } = await collection
      .bulkWrite(writes as unknown as mongo.AnyBulkWriteOperation<T>[], { ordered: false, ...options })
      .then(
        (done) => ({ failed: [] as number[], result: done }),
        (error: mongo.MongoBulkWriteError) => ({ failed: duplicateIndexes(error), result: error.result }),
      );
    refused.push(...failed.map((index) => batch[index].document._id));
    // A document that was deleted meanwhile must not come back by this door.
    const revived = Object.values(result.upsertedIds) as unknown as string[];
    if (revived.length > 0) {
      await collection.deleteMany({ _id: { $in: revived } } as unknown as mongo.Filter<T>);
      refused.push(...revived);
    }
  }
  return refused;
}
