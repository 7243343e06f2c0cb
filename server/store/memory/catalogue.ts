/** Items and users in memory. */

import type { Item, User } from '../../domain/index.js';
import { canonical } from '../canonical-item.js';
import type { ItemRepository, Page, PageRequest, UserRepository } from '../repositories.js';

import { Broadcast } from './broadcast.js';
import { Table, batches } from './table.js';

export function createItems(): ItemRepository {
  const items = new Table<Item>();
  return {
    async replaceMany(rows) {
      const counts = { inserted: 0, updated: 0, unchanged: 0 };
      for (const item of new Map(rows.map((row) => [row.itemId, row])).values()) {
        const stored = items.get(item.itemId);
        if (stored === null) counts.inserted += 1;
        else if (canonical(stored) === canonical(item)) counts.unchanged += 1;
        else counts.updated += 1;
        items.set(item.itemId, item);
      }
      return counts;
    },
    find: async (itemId) => items.get(itemId),
    findMany: async (itemIds) => items.getMany(itemIds),
    async list({ category, ...page }) {
      const matches = (item: Item) => category == null || item.category === category;
      return pageOf(items.all().filter(matches), (item) => item.itemId, page);
    },
    streamAll: () => batches(items.all()),
    count: async () => items.size,
    categories: async () => [...new Set(items.all().map((item) => item.category))].filter(Boolean).sort(),
    deleteAll: async () => items.clear(),
  };
}

export function createUsers(): UserRepository {
  const users = new Table<User>();
  const deleted = new Broadcast<string>();
  return {
    async ensure(rows) {
      const before = users.size;
      for (const { userId, locale, createdAt, isSynthetic } of rows) {
        if (users.has(userId)) continue;
        users.set(userId, { userId, locale, createdAt, isSynthetic, persona: null, eventCount: 0 });
      }
      return users.size - before;
    },
    find: async (userId) => users.get(userId),
    findMany: async (userIds) => users.getMany(userIds),
    async list({ personaId, isSynthetic, idPrefix, ...page }) {
      const matches = (user: User) =>
        user.userId.startsWith(idPrefix ?? '') &&
        (personaId == null || user.persona?.personaId === personaId) &&
        (isSynthetic === undefined || user.isSynthetic === isSynthetic);
      return pageOf(users.all().filter(matches), (user) => user.userId, page);
    },
    async assignPersonas(rows, { unlessVersion, isCorrection = false } = {}) {
      const isLive = unlessVersion === undefined && !isCorrection;
      for (const { userId, persona, eventCount } of rows) {
        const user = users.get(userId);
        const isOlder = isLive && user !== null && user.eventCount > eventCount;
        const isAssigned = unlessVersion !== undefined && user?.persona?.modelVersion === unlessVersion;
        const isFree =
          isCorrection ||
          persona?.isChosen === true ||
          user?.persona?.isChosen !== true ||
          user.persona.modelVersion !== (persona?.modelVersion ?? unlessVersion ?? user.persona.modelVersion);
        if (user !== null && !isAssigned && !isOlder && isFree)
          users.set(userId, { ...user, persona, eventCount });
      }
    },
    streamPersonas: () =>
      batches(users.all().map(({ userId, persona, eventCount }) => ({ userId, persona, eventCount }))),
    listIds: async () => users.all().map(({ userId }) => userId),
    count: async () => users.size,
    async delete(userId) {
      if (!users.delete(userId)) return 0;
      deleted.send(userId);
      return 1;
    },
    deleteAll: async () => users.clear(),
    watchDeleted: ({ signal }) => deleted.listen(signal),
  };
}

function pageOf<T>(rows: readonly T[], idOf: (row: T) => string, { first, after }: PageRequest): Page<T> {
  const rest = after === null ? rows : rows.filter((row) => idOf(row) > after);
  return { rows: rest.slice(0, first), hasNextPage: rest.length > first };
}
