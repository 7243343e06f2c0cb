/** The kinds of embedded databases, in the order in which they are tried. */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import type { EmbeddedKind } from './kind.js';
import { memoryServer } from './memory-server.js';
import { mongod } from './mongod.js';
import { secantusRust } from './secantus-rust.js';
import { secantusPython } from './secantus-python.js';

export type { EmbeddedKind, ProgramPlaces } from './kind.js';

export const EMBEDDED_KINDS: readonly EmbeddedKind[] = [mongod, memoryServer, secantusRust, secantusPython];

/**
 * The kinds to try on a data folder. Existing files limit the choice to kinds that can read them: a newly installed
 * mongod must not make the data disappear.
 */
export function kindsToTry(dataDir: string): readonly EmbeddedKind[] {
  const written = EMBEDDED_KINDS.find(({ folder }) => hasFiles(join(dataDir, folder)));
  return written === undefined
    ? EMBEDDED_KINDS
    : EMBEDDED_KINDS.filter(({ folder }) => folder === written.folder);
}

/** Whether an embedded database has stored files in this data folder. */
export function hasDatabaseFiles(dataDir: string): boolean {
  return EMBEDDED_KINDS.some(({ folder }) => hasFiles(join(dataDir, folder)));
}

function hasFiles(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).length > 0;
}
