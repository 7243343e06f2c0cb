/** One user's persona timeline as it is read, whichever database keeps it. */

import type { PersonaRecord } from '../domain/index.js';

/**
 * The `limit` newest of one user's records, newest first. A version says again what persona everybody has; a step that
 * repeats what the record before it says tells nothing.
 */
export function newestRecords(records: readonly PersonaRecord[], limit: number): PersonaRecord[] {
  return [...records]
    .sort((left, right) => right.at - left.at)
    .filter(({ cause, personaId }, row, all) => cause === 'model' || personaId !== all[row + 1]?.personaId)
    .slice(0, limit);
}
