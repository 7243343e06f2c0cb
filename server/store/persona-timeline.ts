/** Reads the persona timeline of a user, for every store implementation. */

import type { PersonaRecord } from '../domain/index.js';

/**
 * The `limit` newest records of a user, newest first. Every model version records the persona of every user; moves that
 * repeat the persona of the record before are left out.
 */
export function newestRecords(records: readonly PersonaRecord[], limit: number): PersonaRecord[] {
  return [...records]
    .sort((left, right) => right.at - left.at)
    .filter(({ cause, personaId }, row, all) => cause === 'model' || personaId !== all[row + 1]?.personaId)
    .slice(0, limit);
}
