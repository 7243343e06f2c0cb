/** How users moved between personas from one model version to another, whichever database keeps the records. */

import type { PersonaRecord } from '../domain/index.js';

/** The last persona under the old version against the first under the new one, for users who have both. */
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
