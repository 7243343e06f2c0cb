/**
 * Request-scoped batch loaders: combine the lookups of a request into a single call per kind.
 */

import DataLoader from 'dataloader';

import type { Feedback, Item, PersonaRecord, User } from '../domain/index.js';
import type { Services } from '../services/index.js';

export interface Loaders {
  /** Null for an item that is not in the catalogue. */
  readonly items: DataLoader<string, Item | null>;
  /** Null for an unknown user. */
  readonly users: DataLoader<string, User | null>;
  /** The latest thumbs of a user, newest first. */
  readonly feedback: DataLoader<string, Feedback[]>;
  /** The newest persona records of a user, newest first. */
  readonly timelines: DataLoader<TimelineKey, PersonaRecord[], string>;
  /** Preloads the data of several users' recommendation lists in a single call. */
  readonly preloads: DataLoader<string, true>;
}

interface TimelineKey {
  readonly userId: string;
  readonly first: number;
}

/** Creates the loaders of a request. They cache, so they must not outlive it. */
export function createLoaders(
  services: Pick<Services, 'catalogue' | 'users' | 'personas' | 'recommendations'>,
): Loaders {
  let items: Loaders['items'] | undefined;
  let users: Loaders['users'] | undefined;
  let feedback: Loaders['feedback'] | undefined;
  let timelines: Loaders['timelines'] | undefined;
  let preloads: Loaders['preloads'] | undefined;
  return {
    // Created on first use: most requests need a single loader.
    get items() {
      return (items ??= new DataLoader(async (ids) => {
        const found = await services.catalogue.itemsById(ids);
        const byId = new Map(found.map((item) => [item.itemId, item]));
        return ids.map((id) => byId.get(id) ?? null);
      }));
    },
    get users() {
      return (users ??= new DataLoader(async (ids) => {
        const found = await services.users.findMany(ids);
        const byId = new Map(found.map((user) => [user.userId, user]));
        return ids.map((id) => byId.get(id) ?? null);
      }));
    },
    get feedback() {
      return (feedback ??= new DataLoader(async (userIds) => {
        const found = await services.users.feedbackOf(userIds);
        return userIds.map((userId) => found.get(userId) ?? []);
      }));
    },
    get timelines() {
      return (timelines ??= new DataLoader<TimelineKey, PersonaRecord[], string>(
        async (keys) => {
          const userIds = [...new Set(keys.map(({ userId }) => userId))];
          const most = Math.max(...keys.map(({ first }) => first));
          const found = await services.personas.histories(userIds, most);
          return keys.map(({ userId, first }) => (found.get(userId) ?? []).slice(0, first));
        },
        { cacheKeyFn: ({ userId, first }) => `${userId}/${first}` },
      ));
    },
    get preloads() {
      return (preloads ??= new DataLoader<string, true>(async (ids) => {
        if (ids.length > 1) await services.recommendations.preload(ids);
        return ids.map(() => true);
      }));
    },
  };
}
