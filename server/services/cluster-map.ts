/** The users of a cluster map, and their way out of it. */

import type { ClusterMap } from '../domain/index.js';
import type { Store } from '../store/index.js';

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

/** The user list of a stored map with zeros in place of one user; null where it does not name that user. */
export function blankUser(users: Uint8Array, userId: string): Uint8Array | null {
  const lines = new TextDecoder().decode(users).split('\n');
  const row = lines.indexOf(userId);
  if (row < 0) return null;
  lines[row] = BLANK.repeat(userId.length);
  return new TextEncoder().encode(lines.join('\n'));
}

/** Takes users out of a version's map, as it is about to be stored, who were erased since its data were read. */
export async function withoutErased(store: Pick<Store, 'users'>, users: Uint8Array): Promise<Uint8Array> {
  const lines = new TextDecoder().decode(users).split('\n');
  const present = new Set((await store.users.findMany(lines)).map(({ userId }) => userId));
  const kept = lines.map((userId) => (present.has(userId) ? userId : BLANK.repeat(userId.length)));
  return new TextEncoder().encode(kept.join('\n'));
}
