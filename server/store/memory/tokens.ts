/** Signed tokens and revocations in memory. */

import type { Revocation, RevocationRepository, TokenRecord, TokenRepository } from '../repositories.js';

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
