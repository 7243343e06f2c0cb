/** Signed tokens and revocations. Both are deleted once no affected token can still be valid. */

import { type Connection, Schema } from 'mongoose';

import type {
  Revocation,
  RevocationRepository,
  RevocationSubject,
  TokenRecord,
  TokenRepository,
} from '../repositories.js';

interface TokenDocument extends Omit<TokenRecord, 'tokenId' | 'expiresAt'> {
  _id: string;
  /** A Date, so that a TTL index can delete the document at that time. */
  expiresAt: Date;
}

interface RevocationDocument {
  /** Kind and id of the subject. */
  _id: string;
  kind: RevocationSubject['kind'];
  id: string;
  at: number;
  expiresAt: Date;
}

const tokenSchema = new Schema<TokenDocument>(
  {
    _id: { type: String, required: true },
    role: String,
    userId: String,
    createdAt: Number,
    label: { type: String, default: null },
    lastUsedAt: { type: Number, default: null },
    expiresAt: { type: Date, required: true },
  },
  { collection: 'tokens', versionKey: false, autoIndex: false },
);
tokenSchema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });
tokenSchema.index({ userId: 1 });
tokenSchema.index({ createdAt: 1 });

const revocationSchema = new Schema<RevocationDocument>(
  {
    _id: { type: String, required: true },
    kind: { type: String, required: true },
    id: { type: String, required: true },
    at: { type: Number, required: true },
    expiresAt: { type: Date, required: true },
  },
  { collection: 'revocations', versionKey: false, autoIndex: false },
);
revocationSchema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });

export function createTokenRepository(connection: Connection): TokenRepository {
  const model = connection.model('Token', tokenSchema);
  return {
    async append({ tokenId, expiresAt, ...rest }) {
      await model.create({ _id: tokenId, expiresAt: new Date(expiresAt), ...rest });
    },
    list: async (limit) =>
      (await model.find().sort({ createdAt: -1, _id: 1 }).limit(limit).lean()).map(toToken),
    findByUser: async (userId) => (await model.find({ userId }).lean()).map(toToken),
    noteUse: async (tokenId, at) =>
      void (await model.updateOne({ _id: tokenId }, { $max: { lastUsedAt: at } })),
    deleteByUser: async (userId) => (await model.deleteMany({ userId })).deletedCount,
  };
}

export function createRevocationRepository(connection: Connection): RevocationRepository {
  const model = connection.model('Revocation', revocationSchema);
  return {
    async put({ kind, id, at, expiresAt }) {
      await model.updateOne(
        { _id: `${kind}:${id}` },
        { $set: { kind, id }, $max: { at, expiresAt: new Date(expiresAt) } },
        { upsert: true },
      );
    },
    list: async () =>
      (await model.find().lean()).map(
        ({ kind, id, at, expiresAt }) => ({ kind, id, at, expiresAt: expiresAt.getTime() }) as Revocation,
      ),
  };
}

function toToken({ _id, expiresAt, label, lastUsedAt, ...rest }: TokenDocument): TokenRecord {
  // Tokens of an earlier release have neither.
  const [known, used] = [label ?? null, lastUsedAt ?? null];
  return { tokenId: _id, ...rest, label: known, lastUsedAt: used, expiresAt: expiresAt.getTime() };
}
