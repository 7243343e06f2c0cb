/** Where the programs of embedded databases are installed: once for a user, not once for a data folder. */

import { accessSync, constants, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

interface Places {
  readonly cacheDir: string;
  readonly dataDir: string;
}

/** The product's folder in the user's cache, by the variables of the environment. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>>): string {
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'smartpersona');
}

/** The folders that may hold programs, preferred ones first: a user without a home has them in the data folder. */
export function programFolders({ cacheDir, dataDir }: Places): readonly string[] {
  return [cacheDir, join(dataDir, 'programs')];
}

/** The first of `programFolders` that can be written to; made when it is not there. */
export function programFolder(places: Places): string {
  const [inCache, besideData] = programFolders(places) as [string, string];
  try {
    mkdirSync(inCache, { recursive: true });
    accessSync(inCache, constants.W_OK);
    return inCache;
  } catch {
    mkdirSync(besideData, { recursive: true });
    return besideData;
  }
}
