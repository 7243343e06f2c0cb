/** Decides what `npm run shard` does on a database, and does it. */

import { SmartPersonaError } from '../../domain/index.js';

import { SHARD_KEYS, type ShardKey } from './shard-keys.js';
import type { Topology } from './topology.js';

type Key = Readonly<Record<string, unknown>>;

export interface IndexRow {
  readonly key: Key;
  readonly unique?: boolean;
}

/** A document of `config.collections`, where a cluster describes its collections. */
export interface ClusterRow {
  /** The name of the database, a dot, and the name of the collection. */
  readonly _id: string;
  readonly key?: Key;
  /** Clusters before MongoDB 5 keep the rows of dropped collections. */
  readonly dropped?: boolean;
  /** From MongoDB 8 on, collections that are not sharded may have a row too. */
  readonly unsplittable?: boolean;
}

export interface ShardingState {
  readonly topology: Topology;
  /** The name of the database. */
  readonly database: string;
  /** Empty unless the database is a sharded cluster. */
  readonly rows: readonly ClusterRow[];
  /** The indexes that exist or that the store creates, by collection. */
  readonly indexes: ReadonlyMap<string, readonly IndexRow[]>;
}

export interface ShardStep {
  readonly collection: string;
  readonly key: ShardKey;
  /** The collection is sharded by this key already. */
  readonly isDone: boolean;
  /** No index begins with the key, so one is created. */
  readonly needsIndex: boolean;
}

export interface ShardPlan {
  /** One per collection with a shard key. */
  readonly steps: readonly ShardStep[];
  /** Why no step may be taken, as a sentence; null if all may be. */
  readonly refusal: string | null;
}

/** The commands to a database that a plan needs. */
export interface ShardAdmin {
  read(): Promise<ShardingState>;
  /** Creates the collections and indexes of the store that do not exist, as the start of a server does. */
  createCollections(): Promise<void>;
  createIndex(collection: string, key: ShardKey): Promise<void>;
  shardCollection(collection: string, key: ShardKey): Promise<void>;
}

/** The collections cannot be sharded; the message says why. */
export class ShardingRefusedError extends SmartPersonaError {
  readonly code = 'SHARDING_REFUSED';
}

/** `isEmbedded`: this product started the database itself. */
export function planSharding(
  { topology, database, rows, indexes }: ShardingState,
  { isEmbedded }: { readonly isEmbedded: boolean },
): ShardPlan {
  const found = new Map(
    rows
      .filter(({ dropped, unsplittable }) => dropped !== true && unsplittable !== true)
      .map(({ _id, key }) => [_id, key]),
  );
  const problems: string[] = [];
  if (topology !== 'sharded cluster')
    problems.push(
      `The database is ${isEmbedded ? 'an embedded one' : `a ${topology}`}, not a sharded cluster`,
    );
  const steps = Object.entries(SHARD_KEYS).map(([collection, key]) => {
    const current = found.get(`${database}.${collection}`);
    const isDone = current !== undefined && isSame(current, key);
    if (current !== undefined && !isDone)
      problems.push(
        `The collection ${collection} is sharded by ${showKey(current)}, not by ${showKey(key)}` +
          " (MongoDB's command reshardCollection changes the key)",
      );
    const own = indexes.get(collection) ?? [];
    const barrier = own.find((index) => forbids(index, key));
    if (barrier !== undefined)
      problems.push(
        `The unique index ${showKey(barrier.key)} of the collection ${collection} does not begin with its shard key ${showKey(key)}`,
      );
    return { collection, key, isDone, needsIndex: !own.some((index) => begins(index.key, key)) };
  });
  return { steps, refusal: problems.length === 0 ? null : `${problems[0]}: nothing was changed.` };
}

/** Takes the steps of a plan without refusal. `onProgress` gets a sentence for each collection. */
export async function shardCollections(
  admin: ShardAdmin,
  { steps }: ShardPlan,
  onProgress: (message: string) => void,
): Promise<void> {
  await admin.createCollections();
  for (const { collection, key, isDone, needsIndex } of steps) {
    if (isDone) {
      onProgress(`${collection} is already sharded by ${showKey(key)}.`);
      continue;
    }
    if (needsIndex) await admin.createIndex(collection, key);
    await admin.shardCollection(collection, key);
    onProgress(`${collection} is now sharded by ${showKey(key)}.`);
  }
}

/** As mongosh shows it. */
export function showKey(key: Key): string {
  const fields = Object.entries(key).map(([name, kind]) => `${name}: ${JSON.stringify(kind)}`);
  return `{ ${fields.join(', ')} }`;
}

/** Whether a unique index keeps MongoDB from sharding its collection by this key. */
export function forbids({ key: indexKey, unique = false }: IndexRow, key: ShardKey): boolean {
  if (!unique || isSame(indexKey, { _id: 1 })) return false;
  return !begins(indexKey, key) || Object.values(key).includes('hashed');
}

/** Whether the fields of an index begin with those of the shard key. */
function begins(index: Key, key: ShardKey): boolean {
  return isSame(Object.fromEntries(Object.entries(index).slice(0, Object.keys(key).length)), key);
}

/** The order of the fields counts. */
function isSame(one: Key, other: Key): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
