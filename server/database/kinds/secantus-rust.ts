/**
 * SecantusDB's server in Rust: the same files and account as its server in Python, at a tenth of the processor time per
 * command. It is built by `npm run database`, never at start-up, since that takes minutes.
 */

import { delimiter, join } from 'node:path';

import { findProgram } from '../find-program.js';
import { programFolders } from '../program-folder.js';

import type { EmbeddedKind, ProgramPlaces } from './kind.js';
import { runsSecantus, secantusProgram } from './secantus.js';

export const RUST_CRATE = 'secantus-mdb';
export const RUST_VERSION = '0.5.3-beta.193';
export const RUST_PROGRAM = 'secantusd-rs';

/**
 * The entire environment of the server, so that no inherited SECANTUS_ variable affects it. By default the server
 * acknowledges a write while its log record is in memory, and a kill loses the writes of the last tenth of a second.
 * With this setting the record is first written to the operating system; only a crash of the machine can lose it. An
 * fsync for each write
 * (`--sync-on-commit`) takes four times as long.
 */
const ENVIRONMENT = { SECANTUS_WT_CONFIG_EXTRA: 'transaction_sync=(enabled=true,method=none)' };

export const secantusRust: EmbeddedKind = {
  kind: 'secantusd-rs',
  label: 'SecantusDB in Rust (for trying out; your own data belong in MongoDB, see MONGODB_URI)',
  needs: `run \`npm run database\`, which builds ${RUST_PROGRAM} with cargo`,
  ...runsSecantus,
  hint: null,
  program: (...parameters) => ({ ...secantusProgram(...parameters), env: ENVIRONMENT }),
  obtain(places) {
    const found = findSecantusRust(places);
    return found === null
      ? Promise.reject(new Error(`none is in ${places.cacheDir} or on PATH`))
      : Promise.resolve(found);
  },
};

/** The folder of the built program, below a folder of `programFolders`. */
export function rustHome(folder: string): string {
  return join(folder, `${RUST_CRATE}-${RUST_VERSION}`, 'bin');
}

/** Finds the program: first the build of this product, which has the right version, then PATH; null if not found. */
export function findSecantusRust(places: ProgramPlaces): string | null {
  const path = [...programFolders(places).map(rustHome), places.programPath].join(delimiter);
  return findProgram(RUST_PROGRAM, path);
}
