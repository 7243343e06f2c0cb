/** Loads the operations registered at build time, of the client and of further frontends. */

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { readManifest } from '../api/index.js';
import type { Settings } from './settings.js';
import { InvalidSettingsError } from './settings.js';

/** The client's manifest: beside the built server, or in `dist` when run from source. */
const CLIENT_MANIFESTS = ['../../persisted-operations.json', '../../dist/persisted-operations.json'].map(
  (path) => fileURLToPath(new URL(path, import.meta.url)),
);

/** Texts by SHA-256. Throws InvalidSettingsError for a malformed manifest, and if `isPersistedOnly` without operations. */
export function registeredOperations({
  persistedManifests,
  isPersistedOnly,
}: Pick<Settings, 'persistedManifests' | 'isPersistedOnly'>): ReadonlyMap<string, string> {
  const own = CLIENT_MANIFESTS.filter((path) => existsSync(path)).slice(0, 1);
  const operations = new Map<string, string>();
  for (const path of [...own, ...persistedManifests]) {
    try {
      for (const [hash, text] of readManifest(readFileSync(path, 'utf8'))) operations.set(hash, text);
    } catch (error) {
      throw new InvalidSettingsError([
        `SMARTPERSONA_PERSISTED_MANIFESTS: ${path} is not a manifest of operations: ${(error as Error).message}`,
      ]);
    }
  }
  if (isPersistedOnly && operations.size === 0) {
    throw new InvalidSettingsError([
      'SMARTPERSONA_PERSISTED_ONLY is set, but no operations are registered; build the client or set SMARTPERSONA_PERSISTED_MANIFESTS',
    ]);
  }
  return operations;
}
