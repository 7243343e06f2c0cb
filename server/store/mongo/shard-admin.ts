/** Reads how the collections of a database are sharded, and shards them, for `npm run shard`. */

import { mongo } from 'mongoose';

import { guarded, isUnavailable } from './errors.js';
import { existingIndexes } from './inspect.js';
import { createCollections, createRepositories } from './mongo-store.js';
import { openConnection } from './open-connection.js';
import { SHARD_KEYS } from './shard-keys.js';
import { type ClusterRow, type IndexRow, type ShardAdmin, ShardingRefusedError } from './shard-plan.js';
import { topologyOf } from './topology.js';

/**
 * Opening changes nothing. Rejects with DatabaseUnavailableError when the server does not answer; commands that the
 * server refuses reject with ShardingRefusedError.
 */
export async function openShardAdmin(uri: string): Promise<ShardAdmin & { close(): Promise<void> }> {
  const connection = await openConnection(uri);
  // Declares the collections and indexes on the connection.
  createRepositories(connection, { topology: 'standalone server', clock: Date.now });
  const db = connection.db!;
  const nameOf = (collection: string) => `${db.databaseName}.${collection}`;

  async function indexesOf(collection: string): Promise<IndexRow[]> {
    const declared = Object.values(connection.models)
      .filter((model) => model.collection.collectionName === collection)
      .flatMap(({ schema }) => schema.indexes())
      .map(([key, options]) => ({ key, unique: options.unique === true }));
    // The index on `_id` comes with the collection, which need not exist yet.
    return [{ key: { _id: 1 } }, ...declared, ...(await existingIndexes(connection, collection))];
  }

  return guarded({
    async read() {
      const topology = topologyOf(await db.admin().command({ hello: 1 }));
      const indexes = new Map<string, IndexRow[]>();
      for (const collection of Object.keys(SHARD_KEYS)) indexes.set(collection, await indexesOf(collection));
      const ids = Object.keys(SHARD_KEYS).map(nameOf);
      const rows =
        topology === 'sharded cluster'
          ? await connection
              .getClient()
              .db('config')
              .collection<ClusterRow>('collections')
              .find({ _id: { $in: ids } })
              .toArray()
              .catch(refused('to read config.collections'))
          : [];
      return { topology, database: db.databaseName, rows, indexes };
    },
    createCollections: () => createCollections(connection).catch(refused('to create the indexes')),
    async createIndex(collection, key) {
      await db
        .collection(collection)
        .createIndex({ ...key })
        .catch(refused(`to create the index of ${collection}`));
    },
    async shardCollection(collection, key) {
      await db
        .admin()
        .command({ shardCollection: nameOf(collection), key })
        .catch(refused(`to shard ${collection}`));
    },
    close: () => connection.close(),
  });
}

/** Explains an answer of the server such as a missing right; a server that does not answer is another matter. */
function refused(what: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof mongo.MongoServerError) || isUnavailable(error)) throw error;
    throw new ShardingRefusedError(
      `The database refused ${what}: ${error.message}\n` +
        'Correct the cause and run the command again: it continues where it stopped.',
      { cause: error },
    );
  };
}
