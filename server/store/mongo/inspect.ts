/** Reads facts about the database: clock, disk, missing indexes. */

import type { Connection, mongo } from 'mongoose';

import type { StoreInspection } from '../repositories.js';

const NO_SUCH_COLLECTION = 26;

export async function inspect(connection: Connection): Promise<StoreInspection> {
  const db = connection.db!;
  const hello = await db.admin().command({ hello: 1 });
  const now = hello['localTime'] as unknown;
  return {
    now: now instanceof Date ? now.getTime() : null,
    missingIndexes: await missingIndexes(connection),
    disk: diskOf(await db.command({ dbStats: 1 }).catch(() => ({}))),
  };
}

async function missingIndexes(connection: Connection): Promise<string[]> {
  const missing: string[] = [];
  for (const { collection, schema } of Object.values(connection.models)) {
    const declared = schema.indexes().map(([keys]) => JSON.stringify(keys));
    if (declared.length === 0) continue;
    const found = await existingIndexes(connection, collection.collectionName);
    const existing = new Set(found.map(({ key }) => JSON.stringify(key)));
    for (const keys of declared) {
      if (!existing.has(keys))
        missing.push(`${collection.collectionName} (${Object.keys(JSON.parse(keys) as object).join(', ')})`);
    }
  }
  return missing;
}

/** None if the collection does not exist. */
export function existingIndexes(
  connection: Connection,
  collection: string,
): Promise<mongo.IndexDescriptionInfo[]> {
  return connection
    .db!.collection(collection)
    .indexes()
    .catch((error: { code?: unknown }) => {
      if (error.code === NO_SUCH_COLLECTION) return [];
      throw error;
    });
}

function diskOf({ fsTotalSize: total, fsUsedSize: used }: mongo.Document): StoreInspection['disk'] {
  return typeof total === 'number' && typeof used === 'number' && total > 0
    ? { total, free: total - used }
    : null;
}
