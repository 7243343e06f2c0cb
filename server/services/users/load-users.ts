/**
 * Reads users: from their stored profiles, or, without these, from the record.
 */

import type { Feedback, Profile, User } from '../../domain/index.js';
import { groupBy } from '../../domain/index.js';
import type { Catalogue } from '../../features/index.js';
import { applyEvents, emptyProfile, rebuildProfile } from '../../features/index.js';
import type { Store } from '../../store/index.js';

import type { Assigned, LiveUser } from './live-user.js';
import type { RebuiltProfile } from './rebuilt-profile.js';
import { rebuiltOf, unheld } from './rebuilt-profile.js';
import { thumbEvent } from './thumb-event.js';

export interface CacheEntry extends LiveUser {
  profile: Profile;
  assigned: Assigned;
  /** Revision of the stored document that `profile` is based on; 0 if none is stored. */
  storedRevision: number;
  /** `LiveUsers.ticks` when the read began. */
  readonly readAt: number;
  /** Whether it was built from the whole record; the stored document may lag behind the record. */
  readonly isRebuilt: boolean;
  /** Set when a rebuilt entry has replaced it: it must not be written any more. */
  isSuperseded: boolean;
}

export interface RebuiltUser extends RebuiltProfile {
  readonly entry: CacheEntry;
  /** The user's pending thumbs; all are in the profile. */
  readonly thumbs: readonly Feedback[];
}

interface Sources {
  readonly store: Store;
  readonly catalogue: Catalogue;
}

/** Reads profiles, with the pending thumbs that they lack, and personas. */
export async function loadUsers(
  { store, catalogue }: Sources,
  userIds: readonly string[],
  readAt: number,
): Promise<Map<string, CacheEntry>> {
  const [{ thumbs, stored }, rows] = await Promise.all([
    readProfiles(store, userIds),
    store.users.findMany(userIds).then(byId),
  ]);
  const read = userIds.map((userId): [string, CacheEntry] => {
    const profile = stored.get(userId) ?? emptyProfile(userId);
    const news = unheld(profile, thumbs.get(userId) ?? []).map(thumbEvent);
    const entry = newEntry({
      profile: applyEvents(profile, news, catalogue),
      assigned: assignedOf(rows.get(userId)),
      storedRevision: stored.get(userId)?.revision ?? 0,
      ...{ readAt, isRebuilt: false },
    });
    return [userId, entry];
  });
  return new Map(read);
}

/** Reads the whole record. `held`: the profile in memory; `waiting`: the assignment that waits to be stored. */
export async function rebuildUsers(
  { store, catalogue }: Sources,
  userIds: readonly string[],
  {
    readAt,
    held,
    waiting,
  }: {
    readonly readAt: number;
    readonly held: (userId: string) => Profile | null;
    readonly waiting: (userId: string) => Assigned | null;
  },
): Promise<RebuiltUser[]> {
  // Read before the activity: a profile stored after this read makes the compare-and-set of the result fail.
  const { thumbs: pending, stored } = await readProfiles(store, userIds);
  const rows = byId(await store.users.findMany(userIds));
  const rebuilt: RebuiltUser[] = [];
  for (const userId of userIds) {
    const events = await store.activity.findByUser(userId);
    const known = new Set(events.map(({ id }) => id));
    const thumbs = pending.get(userId) ?? [];
    const news = thumbs.map(thumbEvent).filter(({ id }) => !known.has(id));
    const profile = rebuildProfile(userId, [...events, ...news], catalogue);
    const result = rebuiltOf(profile, { stored: stored.get(userId) ?? null, held: held(userId) });
    const entry = newEntry({
      ...{ profile: result.profile, storedRevision: result.storedRevision, readAt, isRebuilt: true },
      assigned: waiting(userId) ?? assignedOf(rows.get(userId)),
    });
    rebuilt.push({ ...result, entry, thumbs });
  }
  return rebuilt;
}

/** Reads thumbs first: a thumb that is no longer pending by then is in the profile that is read afterwards. */
async function readProfiles(store: Store, userIds: readonly string[]) {
  const thumbs = groupBy(await store.feedback.findPendingByUsers(userIds), ({ userId }) => userId);
  return { thumbs, stored: byId(await store.profiles.findMany(userIds)) };
}

function newEntry(
  entry: Pick<CacheEntry, 'profile' | 'assigned' | 'storedRevision' | 'readAt' | 'isRebuilt'>,
): CacheEntry {
  return { ...entry, shown: null, folded: null, isSuperseded: false };
}

function assignedOf(row: User | undefined): Assigned {
  return { persona: row?.persona ?? null, eventCount: row?.eventCount ?? 0 };
}

function byId<T extends { readonly userId: string }>(rows: readonly T[]): Map<string, T> {
  return new Map(rows.map((row) => [row.userId, row]));
}
