/** Secrets that are made once and kept in the data folder, readable by their owner only. */

import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { generateSecret } from '../privacy/index.js';

/**
 * The secret in `<dataDir>/<name>`; made when it is not there. Of two programs that start at once the first to link
 * its file wins, and both read that one.
 */
export function readOrCreateSecret(dataDir: string, name: string): string {
  const path = join(dataDir, name);
  const found = readIfThere(path);
  if (found !== null) return found;

  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}.${generateSecret().slice(0, 8)}`;
  writeFileSync(draft, `${generateSecret()}\n`, { mode: 0o600, flag: 'wx' });
  try {
    // A link appears whole or not at all, and never replaces what is there.
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  chmodSync(path, 0o600);
  return readIfThere(path)!;
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
