/** Signed tokens, revocations and publishable keys in memory. */

import type { PublishableKey } from '../../domain/index.js';
import type {
  PublishableKeyRepository,
  Revocation,
  RevocationRepository,
  TokenRecord,
  TokenRepository,
} from '../repositories.js';

import { Table } from './table.js';

export function createTokens(): TokenRepository {
  const tokens = new Table<TokenRecord>();
  const ofUser = (userId: string) => tokens.all().filter((token) => token.userId === userId);
  return {
    async append(token) {
      tokens.set(token.tokenId, token);
    },
    list: async (limit) =>
      tokens
        .all()
        .sort((left, right) => right.createdAt - left.createdAt)
        .slice(0, limit),
    findByUser: async (userId) => ofUser(userId),
    async noteUse(tokenId, at) {
      const token = tokens.get(tokenId);
      if (token !== null) tokens.set(tokenId, { ...token, lastUsedAt: Math.max(at, token.lastUsedAt ?? 0) });
    },
    deleteByUser: async (userId) => ofUser(userId).filter(({ tokenId }) => tokens.delete(tokenId)).length,
  };
}

export function createRevocations(): RevocationRepository {
  const revocations = new Table<Revocation>();
  return {
    async put(revocation) {
      const key = `${revocation.kind}:${revocation.id}`;
      const known = revocations.get(key);
      if (known === null || known.at < revocation.at) revocations.set(key, revocation);
    },
    list: async () => revocations.all(),
  };
}

export function createPublishableKeys(): PublishableKeyRepository {
  const keys = new Table<PublishableKey>();
  return {
    async append(key) {
      keys.set(key.keyId, key);
    },
    list: async () => keys.all().sort((left, right) => right.createdAt - left.createdAt),
    delete: async (keyId) => keys.delete(keyId),
    async noteUse(keyId, at) {
      const key = keys.get(keyId);
      if (key !== null) keys.set(keyId, { ...key, lastUsedAt: Math.max(at, key.lastUsedAt ?? 0) });
    },
  };
}
