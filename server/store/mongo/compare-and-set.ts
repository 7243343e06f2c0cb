/** Compare-and-set writes in bulk, with an exact result per document. */

import type { Collection, mongo } from 'mongoose';

import { batchesOf } from './batches.js';
import { duplicateIndexes } from './errors.js';

interface Replacement<T extends { _id: string }> {
  readonly document: T;
  /**
   * Expected field values of the stored document, with those of the collection's shard key (see shard-keys.ts); null: it
   * must not be stored yet.
   */
  readonly expected: Partial<T> | null;
}

/**
 * Writes the documents whose stored values are as expected and returns the ids that were refused.
 *
 * Every update is an upsert: on other values it tries to insert the id a second time, and the duplicate key error
 * contains its position in the batch.
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
    // A concurrently deleted document must not be recreated by its upsert.
    const revived = Object.values(result.upsertedIds) as unknown as string[];
    if (revived.length > 0) {
      await collection.deleteMany({ _id: { $in: revived } } as unknown as mongo.Filter<T>);
      refused.push(...revived);
    }
  }
  return refused;
}
