/**
 * Persona timelines in MongoDB. The assignments of a model version are stored in documents of a thousand users each, as
 * JSON texts of parallel columns (see event-columns.ts for the reasons); the few moves in between are single documents.
 */

import { type Connection, Schema } from 'mongoose';

import type { PersonaRecord } from '../../domain/index.js';
import { newestRecords } from '../persona-timeline.js';
import { countTransitions } from '../persona-transitions.js';
import type { PersonaHistoryRepository } from '../repositories.js';

import { DERIVED, batchesOf, findByIds } from './batches.js';
import { duplicateIndexes } from './errors.js';
import type { WriteLane } from './write-lane.js';

interface PersonaRecordDocument extends PersonaRecord {
  _id: string;
}

interface VersionDocument {
  _id: string;
  version: number;
  at: number;
  /** Lowest user id in the document; `last` is the highest. */
  first: string;
  last: string;
  columns: string;
  /** Rises with every change, so that concurrent erasures cannot undo each other. */
  revision: number;
}

interface Columns {
  readonly userId: readonly string[];
  readonly personaId: readonly string[];
  readonly confidence: readonly number[];
}

const personaHistorySchema = new Schema<PersonaRecordDocument>(
  {
    _id: { type: String, required: true },
    userId: { type: String, required: true },
    version: Number,
    personaId: String,
    confidence: Number,
    at: Number,
    cause: String,
  },
  { collection: 'personaHistory', versionKey: false, autoIndex: false },
);
personaHistorySchema.index({ userId: 1, at: 1 });
personaHistorySchema.index({ version: 1 });

const personaVersionSchema = new Schema<VersionDocument>(
  {
    _id: { type: String, required: true },
    version: { type: Number, required: true },
    at: Number,
    first: String,
    last: String,
    columns: { type: String, required: true },
    revision: Number,
  },
  { collection: 'personaVersions', versionKey: false, autoIndex: false },
);
personaVersionSchema.index({ version: 1 });

export function createPersonaHistoryRepository(
  connection: Connection,
  lane: WriteLane,
): PersonaHistoryRepository {
  const steps = connection.model('PersonaRecord', personaHistorySchema);
  const versions = connection.model('PersonaVersion', personaVersionSchema);
  const around = (userId: string) => ({ first: { $lte: userId }, last: { $gte: userId } });

  async function inVersion(version: number): Promise<PersonaRecord[]> {
    const rows: PersonaRecord[] = (await steps.find({ version }).lean()).map(({ _id, ...row }) => row);
    for await (const document of versions.find({ version }).lean().cursor({ batchSize: 4 })) {
      rows.push(...recordsOf(document));
    }
    return rows;
  }

  /** Returns whether the user was in the document; retries after a concurrent change. */
  async function removeFrom(documentId: string, userId: string): Promise<boolean> {
    for (;;) {
      const document = await versions.findById(documentId).lean();
      if (document === null) return false;
      const { revision } = document;
      const all = recordsOf(document);
      const left = all.filter((row) => row.userId !== userId);
      if (left.length === all.length) return false;
      const known = { _id: documentId, revision };
      const { matchedCount } = await versions.updateOne(known, {
        $set: { ...packed(left), revision: revision + 1 },
      });
      if (matchedCount === 1) return true;
    }
  }

  /** Up to `limit` steps of each user. Version documents are large: only the needed documents are read. */
  async function newest(userIds: readonly string[], limit: number): Promise<PersonaRecord[]> {
    if (userIds.length === 0) return [];
    const sorted = [...userIds].sort();
    const [single, spans] = await Promise.all([
      findByIds(userIds, (part) => steps.find({ userId: { $in: part } }).lean()),
      versions
        .find({ first: { $lte: sorted.at(-1)! }, last: { $gte: sorted[0] } }, { columns: 0 })
        .sort({ at: -1 })
        .lean(),
    ]);
    const needed = new Set<string>();
    for (const userId of sorted) {
      const own = spans.filter(({ first, last }) => first <= userId && userId <= last);
      for (const { _id } of own.slice(0, limit)) needed.add(_id);
    }
    const whole = await findByIds([...needed], (part) => versions.find({ _id: { $in: part } }).lean());
    const timelines = new Map<string, PersonaRecord[]>(userIds.map((userId) => [userId, []]));
    for (const { _id, ...row } of single) timelines.get(row.userId)?.push(row);
    for (const document of whole) {
      for (const row of recordsOf(document)) timelines.get(row.userId)?.push(row);
    }
    return [...timelines.values()].flatMap((rows) => newestRecords(rows, limit));
  }

  return {
    async appendMany(moves) {
      for (const batch of batchesOf(moves)) {
        const documents = batch.map(({ replacedSince, ...row }) => ({
          _id: `${row.userId}/${replacedSince}/${row.personaId}`,
          ...row,
        }));
        await steps.collection.insertMany(documents as never, { ordered: false }).catch(duplicateIndexes);
      }
    },
    async replaceVersion({ version, at }, rows) {
      await versions.deleteMany({ version, at });
      let part = 0;
      for (const batch of batchesOf(rows)) {
        const document = { _id: `${version}/${at}/${part++}`, version, at, revision: 0, ...packed(batch) };
        await lane.derived(() => versions.collection.insertOne(document as never, DERIVED));
      }
    },
    findByUser: (userId, limit) => newest([userId], limit),
    findByUsers: newest,
    async transitions(fromVersion, toVersion) {
      const [before, after] = await Promise.all([inVersion(fromVersion), inVersion(toVersion)]);
      return countTransitions(before, after);
    },
    async deleteByUser(userId) {
      let deleted = (await steps.deleteMany({ userId })).deletedCount;
      for (const { _id } of await versions.find(around(userId), { _id: 1 }).lean()) {
        if (await removeFrom(_id, userId)) deleted += 1;
      }
      return deleted;
    },
    async deleteByVersions(gone) {
      await steps.deleteMany({ version: { $in: [...gone] } });
      await versions.deleteMany({ version: { $in: [...gone] } });
    },
  };
}

/** Columns and bounds of a version document. The bounds contain user ids of the document only. */
function packed(
  rows: readonly Pick<PersonaRecord, 'userId' | 'personaId' | 'confidence'>[],
): Pick<VersionDocument, 'first' | 'last' | 'columns'> {
  const columns: Columns = {
    userId: rows.map((row) => row.userId),
    personaId: rows.map((row) => row.personaId),
    confidence: rows.map((row) => row.confidence),
  };
  return {
    first: rows.at(0)?.userId ?? '',
    last: rows.at(-1)?.userId ?? '',
    columns: JSON.stringify(columns),
  };
}

function recordsOf({ version, at, columns }: VersionDocument): PersonaRecord[] {
  const { userId, personaId, confidence } = JSON.parse(columns) as Columns;
  return userId.map((id, row) => ({
    userId: id,
    version,
    personaId: personaId[row],
    confidence: confidence[row],
    at,
    cause: 'model',
  }));
}
