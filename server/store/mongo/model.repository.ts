/**
 * Model versions in MongoDB: a document each, binary parts beside it, and a pointer to the active version.
 *
 * The pointer alone decides which version is active; the status stored with a version is updated after it. On a replica
 * set the flip is a transaction that also writes to the lease, so that a run whose lease is taken over at the same time
 * loses. A standalone server has no transactions: there the lease is checked first, and the pointer stores the highest
 * fence that moved it and refuses lower fences.
 */

import { type ClientSession, type Connection, Schema } from 'mongoose';

import type { ModelVersion } from '../../domain/index.js';
import type { ModelRepository, PersonaSize } from '../repositories.js';

import { changes } from './change-stream.js';
import { unlessDuplicate } from './errors.js';
import { leaseModel } from './lease.repository.js';
import { assemble, chunksOf, type PartDocument } from './model-chunks.js';
import type { WriteLane } from './write-lane.js';

const POINTER = 'active';

interface PointerDocument {
  _id: string;
  version: number | null;
  lastVersion: number;
  /** Number of times the pointer was moved. */
  activations?: number;
  /** Highest fence per job that moved the pointer. */
  fences?: Record<string, number>;
}

/** `publishedSizes` is absent until differential privacy publishes them. */
type ModelDocument = ModelVersion & { readonly publishedSizes?: readonly PersonaSize[] };

const modelSchema = new Schema<ModelDocument>(
  {
    version: { type: Number, required: true },
    status: { type: String, required: true },
    createdAt: Number,
    trainedAt: Number,
    activatedAt: Number,
    activation: Number,
    parentVersion: Number,
    reassignedAt: Number,
    k: Number,
    evidence: [Schema.Types.Mixed],
    personas: [Schema.Types.Mixed],
    metrics: Schema.Types.Mixed,
    judgedBy: String,
    hyperParameters: Schema.Types.Mixed,
    trainingPrivacy: Schema.Types.Mixed,
    dataset: Schema.Types.Mixed,
    timingsMs: Schema.Types.Mixed,
    comparison: [Schema.Types.Mixed],
    comparisonBasis: String,
    reason: String,
    // Without this, mongoose gives every version an empty list.
    publishedSizes: { type: [Schema.Types.Mixed], default: undefined },
  },
  { collection: 'models', versionKey: false, autoIndex: false, minimize: false },
);
modelSchema.index({ version: 1 }, { unique: true });

const modelPartSchema = new Schema<PartDocument>(
  {
    version: { type: Number, required: true },
    name: { type: String, required: true },
    index: { type: Number, required: true },
    chunks: Number,
    sha256: String,
    bytes: Buffer,
  },
  { collection: 'modelParts', versionKey: false, autoIndex: false },
);
modelPartSchema.index({ version: 1, name: 1, index: 1 }, { unique: true });

const modelPointerSchema = new Schema<PointerDocument>(
  {
    _id: { type: String, required: true },
    version: Number,
    lastVersion: Number,
    activations: Number,
    fences: Schema.Types.Mixed,
  },
  { collection: 'modelPointer', versionKey: false, autoIndex: false },
);

export function createModelRepository(
  connection: Connection,
  { isReplicaSet, lane }: { isReplicaSet: boolean; lane: WriteLane },
): ModelRepository {
  const models = connection.model('ModelVersion', modelSchema);
  const parts = connection.model('ModelPart', modelPartSchema);
  const pointer = connection.model('ModelPointer', modelPointerSchema);
  const leases = leaseModel(connection);

  const findActiveVersion = async () => (await pointer.findById(POINTER).lean())?.version ?? null;

  async function flip(
    { version, expectedActive, at, fence }: Flip,
    session: ClientSession | undefined,
  ): Promise<number | null> {
    if (fence !== undefined) {
      const held = { _id: fence.job, fence: fence.token, owner: { $ne: null }, expiresAt: { $gt: at } };
      const lease = await leases.updateOne(held, { $set: { publishedVersion: version } }, { session });
      if (lease.matchedCount === 0) return null;
    }
    const fenceField = fence === undefined ? null : `fences.${fence.job}`;
    const moved = await pointer.updateOne(
      {
        _id: POINTER,
        version: expectedActive,
        ...(fenceField === null ? {} : { [fenceField]: { $not: { $gt: fence!.token } } }),
      },
      {
        $set: { version, ...(fenceField === null ? {} : { [fenceField]: fence!.token }) },
        $inc: { activations: 1 },
      },
      { session },
    );
    if (moved.matchedCount === 0) return null;
    const { activations = 0 } = await pointer
      .findById(POINTER)
      .session(session ?? null)
      .lean()
      .orFail();
    const serving = {
      status: 'active',
      activatedAt: at,
      activation: activations,
      reassignedAt: null,
    } as const;
    await models.updateOne({ version }, { $set: serving }, { session });
    if (expectedActive !== null && expectedActive !== version) {
      await models.updateOne({ version: expectedActive }, { $set: { status: 'retired' } }, { session });
    }
    return activations;
  }

  async function findSizes(version: number): Promise<readonly PersonaSize[] | null> {
    const found = await models.findOne({ version }, { publishedSizes: 1 }).lean();
    return found?.publishedSizes ?? null;
  }

  async function getParts(version: number): Promise<Map<string, Uint8Array>> {
    const chunks = new Map<string, PartDocument[]>();
    for await (const chunk of parts.find({ version }).lean().cursor({ batchSize: 2 })) {
      chunks.set(chunk.name, [...(chunks.get(chunk.name) ?? []), chunk]);
    }
    return new Map([...chunks].map(([name, found]) => [name, assemble(version, name, found)]));
  }

  return {
    async create(model) {
      const start = { $setOnInsert: { version: null, lastVersion: 0 } };
      await pointer.updateOne({ _id: POINTER }, start, { upsert: true }).catch(unlessDuplicate);
      for (;;) {
        const { lastVersion } = await pointer
          .findOneAndUpdate({ _id: POINTER }, { $inc: { lastVersion: 1 } }, { returnDocument: 'after' })
          .lean<PointerDocument>()
          .orFail();
        try {
          const document = {
            ...model,
            version: lastVersion,
            status: 'building',
            activatedAt: null,
            activation: 0,
            reassignedAt: null,
          };
          await models.collection.insertOne(document as never);
          return lastVersion;
        } catch (error) {
          // Happens only for versions stored by hand; the next number is tried.
          unlessDuplicate(error);
        }
      }
    },
    async putParts(version, rows) {
      for (const row of rows) {
        for (const chunk of chunksOf(version, row))
          await lane.derived(() => parts.collection.insertOne(chunk as never));
      }
    },
    async replacePart(version, part) {
      for (const chunk of chunksOf(version, part)) {
        const { name, index } = chunk;
        await lane.derived(() => parts.collection.replaceOne({ version, name, index }, chunk as never));
      }
    },
    getParts,
    async seal(version, status, patch = {}) {
      await models.updateOne({ version }, { $set: { ...patch, version, status } });
    },
    async update(version, patch) {
      await models.updateOne({ version }, { $set: patch });
    },
    async activate(version, expectedActive, at, fence) {
      const request = { version, expectedActive, at, fence };
      if ((await models.countDocuments({ version, status: { $nin: ['building', 'failed'] } })) === 0)
        return null;
      if (!isReplicaSet) return flip(request, undefined);
      return connection.transaction(async (session) => {
        const activation = await flip(request, session);
        if (activation === null) await session.abortTransaction();
        return activation;
      });
    },
    findActiveVersion,
    async find(version) {
      const [found, active] = await Promise.all([models.findOne({ version }).lean(), findActiveVersion()]);
      return found === null ? null : toModel(found, active);
    },
    async list(limit) {
      const [found, active] = await Promise.all([
        models.find().sort({ version: -1 }).limit(limit).lean(),
        findActiveVersion(),
      ]);
      return found.map((row) => toModel(row, active));
    },
    async publishSizes(version, sizes) {
      await models.updateOne(
        { version, publishedSizes: { $exists: false } },
        { $set: { publishedSizes: sizes } },
      );
      return (await findSizes(version)) ?? sizes;
    },
    publishedSizes: findSizes,
    async renamePersona(version, personaId, label) {
      const found = await models.findOne({ version }, { personas: 1 }).lean();
      const index = found?.personas.findIndex((persona) => persona.personaId === personaId) ?? -1;
      if (index === -1) return;
      await models.updateOne(
        { version, [`personas.${index}.personaId`]: personaId },
        { $set: { [`personas.${index}.label`]: label } },
      );
    },
    async prune(versions) {
      const active = await findActiveVersion();
      const doomed = versions.filter((version) => version !== active);
      await models.deleteMany({ version: { $in: doomed } });
      await parts.deleteMany({ version: { $in: doomed } });
    },
    watchActive: ({ signal }) => (isReplicaSet ? flips(signal) : null),
  };

  async function* flips(signal: AbortSignal): AsyncIterable<number> {
    // Allocating a version number changes the pointer document too; only a new `version` is a flip.
    let last = await findActiveVersion();
    const stream = changes({
      connection,
      collection: 'modelPointer',
      signal,
      read: (document) => (document as PointerDocument).version,
    });
    for await (const version of stream) {
      if (version !== null && version !== last) yield version;
      last = version;
    }
  }
}

interface Flip {
  readonly version: number;
  readonly expectedActive: number | null;
  readonly at: number;
  readonly fence: { readonly job: string; readonly token: number } | undefined;
}

/** Sets the status by the pointer, which decides which version is active. */
function toModel(document: ModelDocument & { _id?: unknown }, active: number | null): ModelVersion {
  const { _id, publishedSizes: _, ...stored } = document;
  // Absent in versions of earlier releases.
  const {
    comparison = [],
    comparisonBasis = null,
    judgedBy = 'like',
    trainingPrivacy = null,
    activation = 0,
    reassignedAt = null,
    trainedAt = stored.createdAt,
  } = stored;
  const model = {
    ...stored,
    ...{ comparison, comparisonBasis, judgedBy, trainingPrivacy, activation, reassignedAt, trainedAt },
  };
  if (model.version === active) return { ...model, status: 'active' };
  return model.status === 'active' ? { ...model, status: 'retired' } : model;
}
