/** The users of a cluster map, and their way out of it. */

import type { ClusterMap } from '../../domain/index.js';
import type { Store } from '../../store/index.js';

/** Stands in a stored map where an erased user was. */
const BLANK = '0';

export function isErased(userId: string): boolean {
  return userId.startsWith(BLANK) && userId === BLANK.repeat(userId.length);
}

/** The map without some of its points. */
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

/** The user list of a stored map with zeros in place of those who are gone; null where nobody is. */
export function blankUsers(users: Uint8Array, isGone: (userId: string) => boolean): Uint8Array | null {
  const before = new TextDecoder().decode(users).split('\n');
  const after = before.map((userId) =>
    !isErased(userId) && isGone(userId) ? BLANK.repeat(userId.length) : userId,
  );
  return after.every((userId, row) => userId === before[row])
    ? null
    : new TextEncoder().encode(after.join('\n'));
}

/** The same for a map that has just been stored, without those who were erased since its data were read. */
export async function withoutErased(
  store: Pick<Store, 'users'>,
  users: Uint8Array,
): Promise<Uint8Array | null> {
  const present = new Set(await store.users.listIds());
  return blankUsers(users, (userId) => !present.has(userId));
}
