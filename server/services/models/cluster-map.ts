/**
 * Users of a cluster map: samples, and the removal of erased users.
 */

import type { ClusterMap } from '../../domain/index.js';
import type { Store } from '../../store/index.js';

/** Replaces every character of an erased user's id in a stored map. */
const BLANK = '0';

export function isErased(userId: string): boolean {
  return userId.startsWith(BLANK) && userId === BLANK.repeat(userId.length);
}

/** Returns the map with only the points of users for which `isKept` is true. */
export function keepUsers(map: ClusterMap, isKept: (userId: string) => boolean): ClusterMap {
  if (map.userIds.every(isKept)) return map;
  const kept = map.userIds.map(isKept);
  return {
    ...map,
    userIds: map.userIds.filter((_, row) => kept[row]),
    x: map.x.filter((_, row) => kept[row]),
    y: map.y.filter((_, row) => kept[row]),
    persona: map.persona.filter((_, row) => kept[row]),
    silhouette: map.silhouette.filter((_, row) => kept[row]),
  };
}

/** Returns the map with at most `max` points, evenly spaced over its rows; the same map gives the same points. */
export function sampleMap(map: ClusterMap, max: number): ClusterMap {
  const n = map.userIds.length;
  if (n <= max) return map;
  const rows = Array.from({ length: max }, (_, place) => Math.floor((place * n) / max));
  const pickFrom = (column: Float32Array) => Float32Array.from(rows, (row) => column[row]);
  return {
    ...map,
    userIds: rows.map((row) => map.userIds[row]),
    x: pickFrom(map.x),
    y: pickFrom(map.y),
    persona: Uint8Array.from(rows, (row) => map.persona[row]),
    silhouette: pickFrom(map.silhouette),
  };
}

/** Returns the user list of a stored map with erased users' ids replaced by zeros; null if no user is erased. */
export function blankUsers(users: Uint8Array, isGone: (userId: string) => boolean): Uint8Array | null {
  const before = new TextDecoder().decode(users).split('\n');
  const after = before.map((userId) =>
    !isErased(userId) && isGone(userId) ? BLANK.repeat(userId.length) : userId,
  );
  return after.every((userId, row) => userId === before[row])
    ? null
    : new TextEncoder().encode(after.join('\n'));
}

/** Like `blankUsers`, for a map that has just been stored: blanks users deleted since its data were read. */
export async function withoutErased(
  store: Pick<Store, 'users'>,
  users: Uint8Array,
): Promise<Uint8Array | null> {
  const present = new Set(await store.users.listIds());
  return blankUsers(users, (userId) => !present.has(userId));
}
