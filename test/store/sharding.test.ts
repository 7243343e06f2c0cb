/** The shard keys against the collections and indexes of a real database, and what is done by them on a cluster. */

import { createConnection, type Connection } from 'mongoose';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import type { Store } from '../../server/store/index.js';
import {
  createMongoStore,
  openShardAdmin,
  planSharding,
  SHARD_KEYS,
  shardCollections,
  showKey,
  UNSHARDED,
} from '../../server/store/mongo/index.js';
import {
  forbids,
  type ClusterRow,
  type IndexRow,
  type ShardAdmin,
  type ShardingState,
} from '../../server/store/mongo/shard-plan.js';
import { topologyOf } from '../../server/store/mongo/topology.js';
import { event, profile, thumb, userIdOf } from '../contracts/samples.js';
import { freshDatabase } from '../support/database.js';
import { readDocument } from '../support/documents.js';

const NAMES = Object.keys(SHARD_KEYS);
const ID_INDEX: IndexRow = { key: { _id: 1 } };
/** What the store declares, as far as it matters here. */
const INDEXES = new Map<string, IndexRow[]>([
  ...NAMES.map((name) => [name, [ID_INDEX]] as [string, IndexRow[]]),
  ['activity', [ID_INDEX, { key: { userId: 1, week: 1, part: 1 }, unique: true }]],
  ['feedback', [ID_INDEX, { key: { userId: 1 } }]],
  ['personaHistory', [ID_INDEX, { key: { userId: 1, at: 1 } }]],
]);
const cluster = (change: Partial<ShardingState> = {}): ShardingState => ({
  ...{ topology: 'sharded cluster', database: 'shop', rows: [], indexes: INDEXES, ...change },
});
const OWN = { isEmbedded: false };
const row = (name: string, key: ClusterRow['key']): ClusterRow => ({ _id: `shop.${name}`, key });

/** The collections and indexes that the store makes from its schemas. */
describe('the shard keys', () => {
  let raw: Connection;
  let store: Store;

  beforeAll(async () => {
    const uri = freshDatabase(inject('mongoUri'));
    store = await createMongoStore({ uri });
    await store.probe();
    raw = await createConnection(uri).asPromise();
  });
  afterAll(async () => {
    await raw.close();
    await store.close();
  });

  it('and the list of unsharded collections have every collection between them, once', async () => {
    const stored = (await raw.db!.listCollections().toArray()).map(({ name }) => name);
    expect([...NAMES, ...UNSHARDED].sort()).toEqual(stored.sort());
  });

  it('are prefixes of every unique index', async () => {
    const unique: string[] = [];
    for (const name of NAMES) {
      for (const index of await raw.collection(name).indexes()) {
        expect(forbids(index, SHARD_KEYS[name]!), `${name} ${showKey(index.key)}`).toBe(false);
        if (index.unique === true) unique.push(`${name} ${showKey(index.key)}`);
      }
    }
    expect(unique).toEqual(['activity { userId: 1, week: 1, part: 1 }']);
  });

  it('are in the filter of every upsert', async () => {
    const upserts: { collection: string; filter: Record<string, unknown> }[] = [];
    const writing = await createMongoStore({
      uri: freshDatabase(inject('mongoUri')),
      onCommand: (_name, collection, { updates = [] }) => {
        for (const { q, upsert } of updates as { q: Record<string, unknown>; upsert?: boolean }[])
          if (upsert === true) upserts.push({ collection: String(collection), filter: q });
      },
    });
    for (const id of ['a', 'b']) await writing.activity.append([event(id)]);
    for (const value of [1, -1] as const) await writing.feedback.submit(thumb({ value }));
    for (const revision of [1, 2]) {
      const row = { profile: profile(userIdOf(1), revision), expectedRevision: revision - 1 };
      await writing.profiles.replaceMany([row]);
    }
    await writing.itemFigures.increment([{ itemId: 'i1', counters: { click: 1 }, served: 1 }]);
    await writing.close();
    const sharded = upserts.filter(({ collection }) => NAMES.includes(collection));
    const names = sharded.map(({ collection }) => collection);
    expect(names).toEqual(['activity', 'feedback', 'profiles', 'itemFigures']);
    for (const { collection, filter } of sharded)
      for (const field of Object.keys(SHARD_KEYS[collection]!)) expect(filter[field]).toBeTypeOf('string');
  });

  it('are those of the document', () => {
    const { text } = readDocument('docs/operate.md');
    const section = text.slice(text.indexOf('\n## Sharding\n'), text.indexOf('\n## Back-up\n'));
    const listed = [...section.matchAll(/^\| `(\w+)` +\| `(\{.*?\})` +\|/gm)].map(([, name, key]) => [
      name,
      key,
    ]);
    expect(listed).toEqual(Object.entries(SHARD_KEYS).map(([name, key]) => [name, showKey(key)]));
  });
});

describe('a unique index', () => {
  it('must begin with a ranged key', () => {
    const index = (...fields: string[]): IndexRow => ({
      key: Object.fromEntries(fields.map((name) => [name, 1])),
      unique: true,
    });
    expect(forbids(index('userId', 'week'), { userId: 1 })).toBe(false);
    expect(forbids(index('userId'), { userId: 1 })).toBe(false);
    expect(forbids(index('week', 'userId'), { userId: 1 })).toBe(true);
    expect(forbids(index('userId', 'week'), { userId: 'hashed' })).toBe(true);
    expect(forbids(index('userId', 'week'), { _id: 1 })).toBe(true);
    expect(forbids(index('_id'), { userId: 'hashed' })).toBe(false);
    expect(forbids({ key: { week: 1 } }, { userId: 1 })).toBe(false);
  });
});

describe('the plan', () => {
  it('shards everything on a fresh cluster, with an index for hashed keys only', () => {
    const { steps, refusal } = planSharding(cluster(), OWN);
    expect(refusal).toBeNull();
    expect(steps.map(({ collection }) => collection)).toEqual(NAMES);
    expect(steps.filter(({ isDone }) => isDone)).toEqual([]);
    const withIndex = steps.filter(({ needsIndex }) => needsIndex).map(({ collection }) => collection);
    expect(withIndex).toEqual(['personaVersions', 'pendingActivity', 'itemFigures']);
  });

  it('asks for the index of a ranged key where no index begins with it', () => {
    const indexes = new Map([...INDEXES, ['feedback', [ID_INDEX, { key: { at: 1, userId: 1 } }]]]);
    const { steps } = planSharding(cluster({ indexes: indexes as typeof INDEXES }), OWN);
    expect(steps.find(({ collection }) => collection === 'feedback')!.needsIndex).toBe(true);
  });

  it('skips a collection that has its key', () => {
    const rows = [row('users', { _id: 1 }), row('itemFigures', { _id: 'hashed' })];
    const { steps, refusal } = planSharding(cluster({ rows }), OWN);
    expect(refusal).toBeNull();
    expect(steps.filter(({ isDone }) => isDone).map(({ collection }) => collection)).toEqual([
      'users',
      'itemFigures',
    ]);
  });

  it('reads past dropped and unsharded collections, and those of other databases', () => {
    const rows = [
      { ...row('users', { userId: 1 }), dropped: true },
      { ...row('feedback', { _id: 1 }), unsplittable: true },
      { _id: 'other.activity', key: { week: 1 } },
    ];
    const { steps, refusal } = planSharding(cluster({ rows }), OWN);
    expect(refusal).toBeNull();
    expect(steps.some(({ isDone }) => isDone)).toBe(false);
  });

  it('refuses another key', () => {
    const { refusal } = planSharding(cluster({ rows: [row('feedback', { userId: 'hashed' })] }), OWN);
    expect(refusal).toBe(
      'The collection feedback is sharded by { userId: "hashed" }, not by { userId: 1 }' +
        " (MongoDB's command reshardCollection changes the key): nothing was changed.",
    );
  });

  it('refuses a unique index that does not begin with the key', () => {
    const indexes = new Map([...INDEXES, ['profiles', [ID_INDEX, { key: { revision: 1 }, unique: true }]]]);
    expect(planSharding(cluster({ indexes: indexes as typeof INDEXES }), OWN).refusal).toBe(
      'The unique index { revision: 1 } of the collection profiles does not begin with its shard key { _id: 1 }' +
        ': nothing was changed.',
    );
  });

  it.each([
    [{ msg: 'isdbgrid' }, false, null],
    [{ setName: 'rs0' }, false, 'a replica set'],
    [{}, false, 'a standalone server'],
    [{ setName: 'rs0' }, true, 'an embedded one'],
  ])('names a database that is no cluster: %j, embedded %s', (hello, isEmbedded, what) => {
    const { steps, refusal } = planSharding(cluster({ topology: topologyOf(hello) }), { isEmbedded });
    expect(refusal).toBe(
      what === null ? null : `The database is ${what}, not a sharded cluster: nothing was changed.`,
    );
    expect(steps).toHaveLength(NAMES.length);
  });
});

describe('sharding', () => {
  /** A cluster that remembers what it is sent. */
  function fakeCluster(): ShardAdmin & { sent: string[] } {
    const rows: ClusterRow[] = [];
    const sent: string[] = [];
    return {
      sent,
      read: () => Promise.resolve(cluster({ rows: [...rows] })),
      async createCollections() {
        sent.push('collections');
      },
      async createIndex(name, key) {
        sent.push(`index ${name} ${showKey(key)}`);
      },
      async shardCollection(name, key) {
        if (rows.length === 4 && !sent.includes('refused')) {
          sent.push('refused');
          throw new Error('no right');
        }
        sent.push(`shard ${name} ${showKey(key)}`);
        rows.push(row(name, key));
      },
    };
  }

  it('continues where it stopped, and then has nothing left to do', async () => {
    const admin = fakeCluster();
    const said: string[] = [];
    const run = async () => {
      said.length = 0;
      await shardCollections(admin, planSharding(await admin.read(), OWN), (line) => said.push(line));
    };
    await expect(run()).rejects.toThrow('no right');
    expect(said).toHaveLength(4);
    await run();
    expect(said[0]).toBe('users is already sharded by { _id: 1 }.');
    expect(said.at(-1)).toBe('itemFigures is now sharded by { _id: "hashed" }.');
    const sharded = admin.sent.filter((line) => line.startsWith('shard '));
    expect(sharded).toEqual(NAMES.map((name) => `shard ${name} ${showKey(SHARD_KEYS[name]!)}`));
    expect(admin.sent.slice(-2)).toEqual([
      'index itemFigures { _id: "hashed" }',
      'shard itemFigures { _id: "hashed" }',
    ]);
    admin.sent.length = 0;
    await run();
    expect(admin.sent).toEqual(['collections']);
    expect(said.filter((line) => line.includes('already'))).toHaveLength(NAMES.length);
  });

  it('reads a database without a collection, and creates none', async () => {
    const uri = freshDatabase(inject('mongoUri'));
    const admin = await openShardAdmin(uri);
    const state = await admin.read();
    await admin.close();
    expect(state).toMatchObject({ topology: 'replica set', rows: [] });
    expect(planSharding(state, OWN).steps.filter(({ needsIndex }) => needsIndex)).toHaveLength(3);
    const raw = await createConnection(uri).asPromise();
    expect(await raw.db!.listCollections().toArray()).toEqual([]);
    await raw.close();
  });
});
