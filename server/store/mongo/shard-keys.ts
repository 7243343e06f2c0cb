/**
 * The shard keys of the collections on a sharded cluster; docs/operate.md gives the reason for each.
 *
 * User ids are HMACs in hexadecimal digits and as evenly distributed as hashes. So ranges of them spread the users over
 * the shards, an existing index serves as the index of the key, and the documents of a user stay together.
 *
 * A new key must obey MongoDB:
 *
 * - Every unique index begins with the key, and a hashed key allows no unique index. The index on `_id` is exempt,
 *   because each shard keeps only its own ids unique. Writes here rely on unique ids, so documents with the same `_id`
 *   must have the same key: `_id` is the key, or contains its value.
 * - The filter of an upsert contains the key.
 */

export type ShardKey = Readonly<Record<string, 1 | 'hashed'>>;

export const SHARD_KEYS: Readonly<Record<string, ShardKey>> = {
  users: { _id: 1 },
  profiles: { _id: 1 },
  activity: { userId: 1 },
  feedback: { userId: 1 },
  shownLists: { _id: 1 },
  personaHistory: { userId: 1 },
  personaVersions: { _id: 'hashed' },
  pendingActivity: { _id: 'hashed' },
  itemFigures: { _id: 'hashed' },
};

/** Collections that stay whole on a single shard, the primary shard of the database. */
export const UNSHARDED: readonly string[] = [
  ...['accounts', 'alerts', 'auditLog', 'dataset', 'drift', 'epsilonSpent', 'imports', 'invitations'],
  ...['items', 'leases', 'liveBeats', 'metricBuckets', 'modelParts', 'modelPointer', 'models', 'notices'],
  ...['probes', 'publishableKeys', 'publishedBuckets', 'revocations', 'runs', 'sessions', 'thresholds'],
  ...['tokens', 'webhookDeliveries', 'webhooks'],
];
