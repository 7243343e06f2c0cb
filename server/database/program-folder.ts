/** Where the programs of embedded databases are installed: once for a user, not once for a data folder. */

import { accessSync, constants, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The product's folder in the user's cache, by the variables of the environment. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>>): string {
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'smartpersona');
}

/** `cacheDir`, or a folder in `dataDir` for a user who has no home to write to. Made when it is not there. */
export function programFolder({ cacheDir, dataDir }: { cacheDir: string; dataDir: string }): string {
  try {
    mkdirSync(cacheDir, { recursive: true });
    accessSync(cacheDir, constants.W_OK);
    return cacheDir;
  } catch {
    const besideData = join(dataDir, 'programs');
    mkdirSync(besideData, { recursive: true });
    return besideData;
  }
}
