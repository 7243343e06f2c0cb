/** Secrets generated once and stored in the data folder, readable by their owner only. */

import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { generateSecret } from '../privacy/index.js';

/**
 * The secret in `<dataDir>/<name>`, created if missing. Of two concurrent programs the first to link its file wins, and
 * both read that file.
 */
export function readOrCreateSecret(dataDir: string, name: string): string {
  const path = join(dataDir, name);
  const found = readSecret(dataDir, name);
  if (found !== null) return found;

  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}.${generateSecret().slice(0, 8)}`;
  writeFileSync(draft, `${generateSecret()}\n`, { mode: 0o600, flag: 'wx' });
  try {
    // Creating a link is atomic, and never replaces an existing file.
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  chmodSync(path, 0o600);
  return readSecret(dataDir, name)!;
}

/** The secret in `<dataDir>/<name>`; null if missing. */
export function readSecret(dataDir: string, name: string): string | null {
  try {
    return readFileSync(join(dataDir, name), 'utf8').trim();
  } catch (error) {
    // ENOTDIR: a part of the path is a file, so the folder does not exist either.
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}
