/** Folders of the programs of embedded databases, which are installed once per user, not once per data folder. */

import { accessSync, constants, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

interface Places {
  readonly cacheDir: string;
  readonly dataDir: string;
}

/** The product's folder in the user's cache, from XDG_CACHE_HOME or the home folder. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>>): string {
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'smartpersona');
}

/** The folders that may hold programs, in order of preference: the data folder serves users without a home. */
export function programFolders({ cacheDir, dataDir }: Places): readonly string[] {
  return [cacheDir, join(dataDir, 'programs')];
}

/** The first writable folder of `programFolders`, created if missing. */
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
