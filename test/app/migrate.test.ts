/** Migrations of stored data at start. */

import { createConnection, type Connection } from 'mongoose';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';

import { migrate } from '../../server/app/migrate.js';
import { DATA_VERSION, DataVersionError, type Store } from '../../server/store/index.js';
import { createMongoStore } from '../../server/store/mongo/index.js';
import { model } from '../contracts/samples.js';
import { freshDatabase } from '../support/database.js';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const shown = (titles: string[]) => (title: string) => {
  titles.push(title);
  return { update() {}, done() {} };
};
/** Longer than a chunk. */
const ITEM_IDS = Array.from({ length: 60_000 }, (_, index) => `item-number-${index}`);
const MANIFEST = { recommender: { hyperParameters: { ridge: 3, esteemPower: 0.5 } }, itemIds: ITEM_IDS };
const NEW_MANIFEST = {
  recommender: { hyperParameters: { ridge: 3, likeRatePower: 0.5 } },
  itemIds: ITEM_IDS,
};

let uri: string;
let raw: Connection;
const open: Store[] = [];

async function openStore(): Promise<Store> {
  const store = await createMongoStore({ uri });
  open.push(store);
  return store;
}

function start(
  store: Store,
  { owner = 'a', titles = [] as string[], signal = new AbortController().signal } = {},
) {
  const container = { clock: Date.now, isGone: undefined, instanceId: owner };
  return migrate({ container, store, log: quiet } as never, shown(titles), signal);
}

async function manifestOf(store: Store, version: number): Promise<unknown> {
  const parts = await store.models.getParts(version);
  expect([...parts.keys()].sort()).toEqual(['manifest', 'ridge']);
  return JSON.parse(Buffer.from(parts.get('manifest')!).toString());
}

beforeEach(async () => {
  uri = freshDatabase(inject('mongoUri'));
  raw = await createConnection(uri).asPromise();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((store) => store.close()));
  await raw.close();
});

/** Data as the release before versions left them. */
async function oldData(): Promise<{ store: Store; versions: number[] }> {
  const store = await openStore();
  const versions = [];
  for (let n = 0; n < 2; n++) {
    const version = await store.models.create({
      ...model(),
      hyperParameters: { ridge: 3, esteemPower: 0.5 },
    });
    const bytes = Buffer.from(JSON.stringify(MANIFEST));
    await store.models.putParts(version, [
      { name: 'manifest', bytes },
      { name: 'ridge', bytes: new Uint8Array(8) },
    ]);
    versions.push(version);
  }
  await store.dataset.claimKeyVersion('key');
  return { store, versions };
}

describe('stored data without a version', () => {
  it('are migrated once, with progress, and stamped', async () => {
    const { store, versions } = await oldData();
    expect(await store.migrations.storedVersion()).toBe(0);
    const titles: string[] = [];
    await start(store, { titles });
    await start(store, { titles });
    expect(titles).toEqual(['Migrating stored data']);
    expect(await store.migrations.storedVersion()).toBe(DATA_VERSION);
    for (const version of versions) {
      expect(await manifestOf(store, version)).toEqual(NEW_MANIFEST);
      expect((await store.models.find(version))!.hyperParameters).toEqual({ ridge: 3, likeRatePower: 0.5 });
    }
  });

  it('are migrated by one of two instances that start together, and the other one waits', async () => {
    const { store, versions } = await oldData();
    const other = await openStore();
    const titles: string[] = [];
    await Promise.all([start(store, { owner: 'a', titles }), start(other, { owner: 'b', titles })]);
    expect(titles).toEqual(['Migrating stored data']);
    for (const version of versions) expect(await manifestOf(other, version)).toEqual(NEW_MANIFEST);
  });

  it('are complete after a migration that was interrupted at any write', async () => {
    const { store, versions } = await oldData();
    const collection = raw.collection('modelParts');
    const original = await collection.find().toArray();
    const models = await raw.collection('models').find().toArray();
    let isInterrupted = true;
    for (let nWrites = 1; isInterrupted; nWrites++) {
      await collection.deleteMany({});
      await collection.insertMany(original);
      for (const row of models) await raw.collection('models').replaceOne({ _id: row._id }, row);
      isInterrupted = await interruptedAfter(nWrites);
      expect(await store.migrations.storedVersion()).toBe(0);
      await store.migrations.run(1, { signal: new AbortController().signal, onProgress() {} });
      for (const version of versions) expect(await manifestOf(store, version)).toEqual(NEW_MANIFEST);
      expect(nWrites).toBeLessThan(50);
    }
  });

  it('are left alone by a start that ends', async () => {
    const { store } = await oldData();
    const abort = new AbortController();
    abort.abort(new Error('SIGTERM'));
    await expect(start(store, { signal: abort.signal })).rejects.toThrow('SIGTERM');
    expect(await store.migrations.storedVersion()).toBe(0);
    await start(store, { owner: 'b' });
    expect(await store.migrations.storedVersion()).toBe(DATA_VERSION);
  });

  /** Runs the migration on a connection that fails after so many writes; false when it did not need as many. */
  async function interruptedAfter(nWrites: number): Promise<boolean> {
    const { MIGRATIONS } = await import('../../server/store/mongo/migrations/index.js');
    let left = nWrites;
    const failing = (collection: object): object =>
      new Proxy(collection, {
        get(target, name) {
          const member = Reflect.get(target, name) as unknown;
          if (typeof member !== 'function') return member;
          return (...args: unknown[]) => {
            if (/^(insert|update|delete)/.test(String(name)) && left-- === 0) throw new Error('cut');
            return Reflect.apply(member, target, args) as unknown;
          };
        },
      });
    const db = { collection: (name: string) => failing(raw.collection(name)) };
    try {
      await MIGRATIONS[0]!.run({
        db: db as never,
        signal: new AbortController().signal,
        onProgress() {},
      });
      return false;
    } catch (error) {
      expect((error as Error).message).toBe('cut');
      return true;
    }
  }
});

describe('an empty database', () => {
  it('has no version until it is stamped, and a stamp is never lowered', async () => {
    const { migrations } = await openStore();
    expect(await migrations.storedVersion()).toBeNull();
    await migrations.stamp(DATA_VERSION);
    await migrations.stamp(0);
    expect(await migrations.storedVersion()).toBe(DATA_VERSION);
  });
});

describe('data of a later release', () => {
  it('are refused with a sentence, by the migration and by the start', async () => {
    const { store } = await oldData();
    await store.migrations.stamp(DATA_VERSION + 1);
    await expect(start(store)).rejects.toThrow(DataVersionError);
    await expect(start(store)).rejects.toThrow(
      `The stored data have version ${DATA_VERSION + 1}, and this release of SmartPersona knows versions up to ${DATA_VERSION}`,
    );
  });
});
