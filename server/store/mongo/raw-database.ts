/**
 * The collections of the store as raw documents, for backups.
 *
 * Reading is ordered so that a backup of a running installation can be completed: pointers before what they name, data
 * derived from the record before the record, users last. A document that is written meanwhile may be in the record and
 * not in its derived data, never the reverse; a restore rebuilds derived data.
 *
 * Loading is staged: documents go to collections of their own, which replace the real ones by renaming when all are
 * complete.
 */

import { type Connection, mongo } from 'mongoose';

import { DATASET_KEY } from './dataset.repository.js';
import { openConnection } from './open-connection.js';

const READ_FIRST = ['modelPointer', 'models', 'modelParts'];
const READ_LAST = [
  ...['leases', 'activity', 'feedback', 'personaVersions', 'personaHistory', 'items', 'users'],
  ...['tokens', 'revocations', 'dataset'],
];
/** Short-lived, or derived from all users by a restore. */
const SKIPPED = ['probes', 'notices', 'liveBeats', 'pendingActivity'];
/** An installation has begun when one of these has a document. */
const RECORD = ['users', 'items', 'activity', 'models'];
const STAGED = 'restore_';
const CURSOR_BATCH = 100;
const NO_SUCH_COLLECTION = 26;
/** Keeps the exact types of numbers. */
const EXACT = { promoteValues: false, bsonRegExp: true } as const;

export interface RawDatabase {
  /** Names of the stored collections, in the order in which to read them. */
  collections(): Promise<string[]>;
  estimateCount(name: string): Promise<number>;
  /** Streams the documents of a collection as BSON. */
  read(name: string): AsyncIterable<Uint8Array>;
  userIds(): AsyncIterable<string>;
  /** False once users, items, events or models are stored. */
  isEmpty(): Promise<boolean>;
  /** Adds documents to the staged collection. */
  stage(name: string, documents: readonly Uint8Array[]): Promise<void>;
  countStaged(name: string): Promise<number>;
  dropStaged(): Promise<void>;
  /**
   * Replaces the database by the staged collections, and marks it as incomplete until `MigrationRepository.endRestore`.
   * Thumbs since `recordedAfter` are marked as not applied. An interrupted swap leaves the mark too.
   */
  swapStaged(names: readonly string[], options: { readonly recordedAfter: number }): Promise<void>;
  close(): Promise<void>;
}

/** Rejects with DatabaseUnavailableError when the server does not answer. */
export async function openRawDatabase(uri: string): Promise<RawDatabase> {
  return rawDatabase(await openConnection(uri));
}

function rawDatabase(connection: Connection): RawDatabase {
  const db = connection.db!;
  const names = async () =>
    (await db.listCollections({}, { nameOnly: true }).toArray())
      .map(({ name }) => name)
      .filter((name) => !name.startsWith('system.'));
  const drop = (name: string) =>
    db
      .collection(name)
      .drop()
      .catch((error: { code?: unknown }) => {
        if (error.code !== NO_SUCH_COLLECTION) throw error;
      });

  return {
    async collections() {
      const stored = (await names()).filter((name) => !name.startsWith(STAGED) && !SKIPPED.includes(name));
      const others = stored.filter((name) => !READ_FIRST.includes(name) && !READ_LAST.includes(name));
      return [...READ_FIRST, ...others.sort(), ...READ_LAST].filter((name) => stored.includes(name));
    },
    estimateCount: (name) => db.collection(name).estimatedDocumentCount(),
    // With `raw`, a document is a Buffer.
    read: (name) =>
      db
        .collection(name)
        .find({}, { raw: true, batchSize: CURSOR_BATCH }) as unknown as AsyncIterable<Buffer>,
    async *userIds() {
      for await (const { _id } of db.collection('users').find({}, { projection: { _id: 1 } })) {
        yield String(_id);
      }
    },
    async isEmpty() {
      for (const name of RECORD) if ((await db.collection(name).findOne({})) !== null) return false;
      return true;
    },
    async stage(name, documents) {
      const rows = documents.map((bytes) => mongo.BSON.deserialize(bytes, EXACT));
      if (rows.length > 0) await db.collection(STAGED + name).insertMany(rows, { ordered: false });
    },
    countStaged: (name) => db.collection(STAGED + name).countDocuments(),
    async dropStaged() {
      for (const name of await names()) if (name.startsWith(STAGED)) await drop(name);
    },
    async swapStaged(staged, { recordedAfter }) {
      const mark = { $set: { isRestoring: true } };
      const dataset = (name: string) => db.collection<{ _id: string }>(name);
      await dataset(`${STAGED}dataset`).updateOne({ _id: DATASET_KEY }, mark, { upsert: true });
      await db
        .collection(`${STAGED}feedback`)
        .updateMany({ at: { $gte: recordedAfter } }, { $set: { pending: true } });
      // The next start re-assigns all users: some may have been assigned by a version that was activated meanwhile.
      await db.collection(`${STAGED}models`).updateMany({}, { $set: { reassignedAt: null } });
      await dataset('dataset').updateOne({ _id: DATASET_KEY }, mark, { upsert: true });
      const existing = new Set(await names());
      for (const name of existing) {
        if (!name.startsWith(STAGED) && !staged.includes(name) && name !== 'dataset') await drop(name);
      }
      // The dataset last: it carries the mark in either state.
      for (const name of [...staged.filter((one) => one !== 'dataset'), 'dataset']) {
        if (existing.has(STAGED + name) || name === 'dataset')
          await db.collection(STAGED + name).rename(name, { dropTarget: true });
        else await drop(name);
      }
    },
    close: () => connection.close(),
  };
}
