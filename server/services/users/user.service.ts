/**
 * Users: pseudonyms with the state derived from their behaviour.
 */

import type { Feedback, User } from '../../domain/index.js';
import type { DatasetInfo, Page, PageRequest, Store, UserFilter } from '../../store/index.js';

import type { LiveUsers } from './live-users.js';
import type { UserPort } from '../index.js';

interface UserServiceOptions {
  readonly store: Store;
  readonly live: LiveUsers;
}

export class UserService implements UserPort {
  constructor(private readonly options: UserServiceOptions) {}

  async find(userId: string): Promise<User | null> {
    return (await this.findMany([userId]))[0] ?? null;
  }

  async findMany(userIds: readonly string[]): Promise<User[]> {
    const { store, live } = this.options;
    const found = await store.users.findMany(userIds);
    const known = new Set(found.map(({ userId }) => userId));
    const newcomers: string[] = [];
    for (const userId of userIds) {
      if (known.has(userId) || !live.holds(userId)) continue;
      if ((await live.get(userId)).profile.eventCount > 0) newcomers.push(userId);
    }
    if (newcomers.length > 0) {
      // Their rows are about to be written.
      await live.drain();
      found.push(...(await store.users.findMany(newcomers)));
    }
    return this.upToDate(found);
  }

  async users(page: PageRequest & UserFilter): Promise<Page<User>> {
    const { rows, ...rest } = await this.options.store.users.list(page);
    return { ...rest, rows: await this.upToDate(rows) };
  }

  /**
   * Personas are written with a delay, and a user row's event count dates from its last persona: takes both from
   * memory.
   */
  private async upToDate(rows: readonly User[]): Promise<User[]> {
    const { live } = this.options;
    await live.preload(rows.map(({ userId }) => userId));
    return Promise.all(
      rows.map(async (row) => {
        const user = await live.get(row.userId);
        return { ...row, eventCount: user.profile.eventCount, persona: live.personas.of(user) };
      }),
    );
  }

  async demoUsers(first: number): Promise<User[]> {
    return [...(await this.options.store.users.list({ first, after: null, isSynthetic: true })).rows];
  }

  async feedbackOf(userIds: readonly string[]): Promise<Map<string, Feedback[]>> {
    const found = new Map<string, Feedback[]>(userIds.map((userId) => [userId, []]));
    const rows = await this.options.store.feedback.findByUsers(userIds);
    const given = rows.filter(({ value }) => value !== 0).sort((a, b) => b.at - a.at);
    for (const row of given) found.get(row.userId)?.push(row);
    return found;
  }

  dataset(): Promise<DatasetInfo> {
    return this.options.store.dataset.get();
  }
}
