/** Counts persona transitions between two model versions, for every store implementation. */

import type { PersonaRecord } from '../domain/index.js';

/** Compares the last persona under the old version with the first under the new version, for users with both. */
export function countTransitions(
  before: Iterable<PersonaRecord>,
  after: Iterable<PersonaRecord>,
): { from: string; to: string; count: number }[] {
  const old = new Map<string, PersonaRecord>();
  for (const row of before) if (row.at >= (old.get(row.userId)?.at ?? -Infinity)) old.set(row.userId, row);
  const fresh = new Map<string, PersonaRecord>();
  for (const row of after) if (row.at < (fresh.get(row.userId)?.at ?? Infinity)) fresh.set(row.userId, row);

  const counts = new Map<string, { from: string; to: string; count: number }>();
  for (const [userId, { personaId: to }] of fresh) {
    const from = old.get(userId)?.personaId;
    if (from === undefined) continue;
    const key = JSON.stringify([from, to]);
    counts.set(key, { from, to, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return [...counts.values()];
}
