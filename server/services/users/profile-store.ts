/**
 * Stores profiles: new users and the events of thumbs first, then the profiles by compare-and-set.
 */

import type { Feedback, Profile } from '../../domain/index.js';
import type { Store } from '../../store/index.js';

import type { CacheEntry } from './load-users.js';
import { thumbEvent } from './thumb-event.js';

export interface ProfileRow {
  readonly entry: CacheEntry;
  /** `entry.profile` at the time of the write; the entry may change in the meantime. */
  readonly profile: Profile;
  /** Thumbs that may not have an event in the activity record yet. */
  readonly thumbs: readonly Feedback[];
}

/** Returns the users whose profile was refused because another instance has written it. */
export async function storeProfiles(
  store: Store,
  rows: readonly ProfileRow[],
  createdAt: number,
): Promise<ReadonlySet<string>> {
  const changed = rows.filter(({ entry, profile }) => entry.storedRevision !== profile.revision);
  const newUsers = changed.filter(({ entry }) => entry.storedRevision === 0);
  if (newUsers.length > 0) {
    await store.users.ensure(
      newUsers.map(({ profile: { userId } }) => ({ userId, locale: null, createdAt, isSynthetic: false })),
    );
  }
  const thumbs = rows.flatMap((row) => row.thumbs);
  if (thumbs.length > 0) await store.activity.append(thumbs.map(thumbEvent), { derived: true });
  const replacements = changed.map(({ entry, profile }) => ({
    profile,
    expectedRevision: entry.storedRevision,
  }));
  const refused = new Set(replacements.length === 0 ? [] : await store.profiles.replaceMany(replacements));
  for (const { entry, profile } of changed) {
    if (!refused.has(profile.userId)) entry.storedRevision = profile.revision;
  }
  return refused;
}
