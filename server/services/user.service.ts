/** The users as the system knows them: pseudonyms with what follows from their behaviour. */

import type { Feedback, User } from '../domain/index.js';
import type { DatasetInfo, Page, PageRequest, Store } from '../store/index.js';

import type { UserService } from './services.js';

export class UserDirectory implements UserService {
  constructor(private readonly options: { readonly store: Store }) {}

  find(userId: string): Promise<User | null> {
    return this.options.store.users.find(userId);
  }

  findMany(userIds: readonly string[]): Promise<User[]> {
    return this.options.store.users.findMany(userIds);
  }

  users(page: PageRequest & { personaId?: string | null }): Promise<Page<User>> {
    return this.options.store.users.list(page);
  }

  async demoUsers(first: number): Promise<User[]> {
    const { isSynthetic } = await this.dataset();
    if (!isSynthetic) return [];
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
