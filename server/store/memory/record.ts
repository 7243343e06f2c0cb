/** Activity, profiles and feedback in memory. */

import type { BehaviourEvent, Feedback, Profile } from '../../domain/index.js';
import { byTime, groupBy, isVoidRetraction } from '../../domain/index.js';
import { eventKey } from '../activity-bucket.js';
import type { ActivityRepository, FeedbackRepository, ProfileRepository } from '../repositories.js';

import { Broadcast } from './broadcast.js';
import { Table, batches } from './table.js';

export function createActivity(): ActivityRepository {
  const events = new Table<BehaviourEvent>();
  const pending = new Set<string>();
  return {
    async append(rows, options) {
      const added = rows.filter((event) => {
        if (events.has(eventKey(event))) return false;
        events.set(eventKey(event), event);
        return true;
      });
      if (options?.derived !== true) for (const { userId } of added) pending.add(userId);
      return added;
    },
    findByUser: async (userId) =>
      events
        .all()
        .filter((event) => event.userId === userId)
        .sort(byTime),
    findBefore: async (userIds, before) =>
      events
        .all()
        .filter((event) => userIds.includes(event.userId) && event.at < before)
        .sort(byTime),
    async *streamByUser() {
      const users = groupBy(events.all(), (event) => event.userId);
      for await (const [[userId, rows]] of batches([...users], 1))
        yield { userId, events: rows.sort(byTime) };
    },
    findPendingUsers: async () => [...pending].sort(),
    // No marks of other processes: the store is private to this process.
    findForeignMarks: async () => [],
    adoptMarks: () => undefined,
    async markApplied(userIds) {
      for (const userId of userIds) pending.delete(userId);
    },
    countEvents: async () => events.size,
    async deleteByUser(userId) {
      pending.delete(userId);
      return events.deleteWhere((event) => event.userId === userId);
    },
    async deleteAll() {
      pending.clear();
      events.clear();
    },
  };
}

export function createProfiles(): ProfileRepository {
  const profiles = new Table<Profile>();
  return {
    find: async (userId) => profiles.get(userId),
    findMany: async (userIds) => profiles.getMany(userIds),
    async replaceMany(rows) {
      return rows
        .filter(({ profile, expectedRevision }) => {
          if ((profiles.get(profile.userId)?.revision ?? 0) !== expectedRevision) return true;
          profiles.set(profile.userId, profile);
          return false;
        })
        .map(({ profile }) => profile.userId);
    },
    streamAll: () => batches(profiles.all()),
    count: async () => profiles.size,
    delete: async (userId) => Number(profiles.delete(userId)),
    deleteAll: async () => profiles.clear(),
  };
}

export function createFeedback(): FeedbackRepository {
  const table = new Table<Feedback>();
  /** Feedback per user and item that is not yet applied, oldest first. */
  const pending = new Map<string, Feedback[]>();
  const opinions = new Broadcast<{ feedback: Feedback; resumeToken: unknown }>();
  const keyOf = ({ userId, itemId }: Pick<Feedback, 'userId' | 'itemId'>) => `${userId}:${itemId}`;
  const pendingRows = () => structuredClone([...pending.values()].flat());
  return {
    async submit(feedback) {
      const key = keyOf(feedback);
      const previous = table.get(key);
      if (previous !== null && previous.value === feedback.value)
        return { stored: previous, previous, unapplied: [] };
      const stored = { ...feedback, seq: (previous?.seq ?? 0) + 1 };
      table.set(key, stored);
      const unapplied = pending.get(key) ?? [];
      if (!isVoidRetraction(stored)) pending.set(key, [...unapplied, stored]);
      opinions.send({ feedback: stored, resumeToken: null });
      return { stored, previous, unapplied };
    },
    findByUser: async (userId) => table.all().filter((row) => row.userId === userId),
    findByUsers: async (userIds) => table.all().filter((row) => userIds.includes(row.userId)),
    findPending: async () => pendingRows(),
    findPendingByUsers: async (userIds) => pendingRows().filter((row) => userIds.includes(row.userId)),
    async markApplied(rows) {
      for (const row of rows) {
        const left = pending.get(keyOf(row))?.filter(({ seq }) => seq > row.seq) ?? [];
        if (left.length > 0) pending.set(keyOf(row), left);
        else pending.delete(keyOf(row));
      }
    },
    count: async () => table.size,
    async deleteByUser(userId) {
      for (const [key, [row]] of pending) if (row.userId === userId) pending.delete(key);
      return table.deleteWhere((row) => row.userId === userId);
    },
    watch: ({ signal, onStart }) => {
      onStart?.();
      return opinions.listen(signal);
    },
  };
}
